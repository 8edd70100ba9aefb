"""The architectures of the zoo in PyTorch, as its documentation would write them."""

import torch
from torch import nn


class LastStep(nn.Module):
    """A recurrent layer of 128 units, whose last state is classified."""

    def __init__(self, cell, features, units, num_classes):
        super().__init__()
        layer = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.recurrent = layer(features, units, batch_first=True)
        self.head = nn.Linear(units, num_classes)

    def forward(self, inputs):
        return self.head(self.recurrent(inputs)[0][:, -1])


def mlp(input_shape, num_classes=10, dropout=0.2):
    height, width, channels = input_shape
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(height * width * channels, 512),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(512, 256),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(256, num_classes),
    )


def cnn(input_shape, num_classes=10, dropout=0.2):
    layers, channels = [], input_shape[-1]
    for stage, width in enumerate((32, 64, 128)):
        if stage > 0:
            layers.append(nn.MaxPool2d(2))
        for _ in range(2):
            layers += [
                nn.Conv2d(channels, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width, eps=1e-3),
                nn.ReLU(inplace=True),
            ]
            channels = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
    network = nn.Sequential(*layers, nn.Linear(channels, num_classes))
    return network.to(memory_format=torch.channels_last)


def network(name, input_shape):
    """The peer of a model of the zoo."""
    if name in ("lstm", "gru"):
        return LastStep(name, input_shape[-1], 128, 10)
    return {"mlp": mlp, "cnn": cnn}[name](input_shape)


def as_inputs(batch, name):
    """A batch of pixels or rows, as NumPy has it, in the layout that is fastest."""
    batch = torch.from_numpy(batch)
    if batch.ndim < 4:
        return batch
    batch = batch.permute(0, 3, 1, 2)  # a view: the memory stays channels last
    return batch.to(torch.float32).div_(255)


def count_parameters(module):
    """Weights, without the second bias that PyTorch's recurrent gates have."""
    total = sum(p.numel() for p in module.parameters())
    if isinstance(module, LastStep) and isinstance(module.recurrent, nn.LSTM):
        total -= module.recurrent.bias_hh_l0.numel()
    return total


def optimizer(name, module, settings, steps_per_epoch):
    """The recipe's, fused, with its schedule: a tenth of warm-up, then a cosine."""
    import math

    if settings.optimizer == "sgd":
        made = torch.optim.SGD(
            module.parameters(),
            settings.learning_rate,
            momentum=0.9,
            nesterov=True,
            weight_decay=settings.weight_decay,
            fused=True,
        )
    else:
        made = torch.optim.Adam(module.parameters(), settings.learning_rate, fused=True)
    total = settings.epochs * steps_per_epoch
    warmup = max(1, total // 10)

    def factor(step):
        if step < warmup:
            return step / warmup
        done = (step - warmup) / max(1, total - warmup)
        return 0.5 * (1 + math.cos(math.pi * min(1, done)))

    return made, torch.optim.lr_scheduler.LambdaLR(made, factor)
