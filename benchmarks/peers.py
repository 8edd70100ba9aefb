"""The architectures of the zoo in PyTorch, written as in its documentation."""

import itertools
import math

import torch
from torch import nn


class LastStep(nn.Module):
    """A recurrent layer with 128 units and a classifier on its last state."""

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
    """The PyTorch version of a model of the zoo."""
    if name in ("lstm", "gru"):
        return LastStep(name, input_shape[-1], 128, 10)
    return {"mlp": mlp, "cnn": cnn}[name](input_shape)


def as_inputs(batch, name):
    """A NumPy batch of pixels or rows, in PyTorch's fastest layout."""
    batch = torch.from_numpy(batch)
    if batch.ndim < 4:
        return batch
    batch = batch.permute(0, 3, 1, 2)  # a view; the memory layout stays channels last
    return batch.to(torch.float32).div_(255)


def count_parameters(module):
    """Number of weights, without the second bias of PyTorch's recurrent gates."""
    total = sum(p.numel() for p in module.parameters())
    if isinstance(module, LastStep) and isinstance(module.recurrent, nn.LSTM):
        total -= module.recurrent.bias_hh_l0.numel()
    return total


def optimizer(name, module, settings, steps_per_epoch):
    """The optimizer and schedule of the recipe, in PyTorch's fused version."""
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


def generator(side, channels, width, latent_dim=100):
    """The generator of DCGAN, starting at 7×7 for 28 pixels and at 4×4 otherwise."""
    start = 7 if side == 28 else 4
    widths = [width * 2**n for n in reversed(range(int(math.log2(side // start))))]
    layers = [
        nn.Linear(latent_dim, start * start * widths[0], bias=False),
        nn.Unflatten(1, (widths[0], start, start)),
        nn.BatchNorm2d(widths[0]),
        nn.ReLU(inplace=True),
    ]
    for before, after in itertools.pairwise(widths):
        layers += [
            nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
    last = nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1)
    network = nn.Sequential(*layers, last, nn.Tanh())
    return network.to(memory_format=torch.channels_last)


def discriminator(side, channels, width):
    """The discriminator of DCGAN, with as many stages as the generator."""
    start = 7 if side == 28 else 4
    layers, before = [], channels
    for stage in range(int(math.log2(side // start))):
        after = width * 2**stage
        layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=stage == 0))
        if stage > 0:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.LeakyReLU(0.2, inplace=True))
        before = after
    head = nn.Linear(before * start * start, 1)
    network = nn.Sequential(*layers, nn.Flatten(), head)
    return network.to(memory_format=torch.channels_last)


def gan_step(shape, width, pixels):
    """One step of PyTorch's DCGAN tutorial, with the same images each time."""
    from benchmarks.comparison import threads

    torch.set_num_threads(threads())
    torch.manual_seed(0)
    side, _, channels = shape
    draws, judges = (
        generator(side, channels, width),
        discriminator(side, channels, width),
    )
    adam = {"lr": 2e-4, "betas": (0.5, 0.999), "fused": True}
    draws_optimizer = torch.optim.Adam(draws.parameters(), **adam)
    judges_optimizer = torch.optim.Adam(judges.parameters(), **adam)
    criterion = nn.BCEWithLogitsLoss()
    real = as_inputs(pixels, "cnn").mul(2).sub(1)
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)

    def step():
        judges_optimizer.zero_grad(set_to_none=True)
        fake = draws(torch.randn(len(real), 100))
        loss = criterion(judges(real), ones) + criterion(judges(fake.detach()), zeros)
        loss.backward()
        judges_optimizer.step()
        draws_optimizer.zero_grad(set_to_none=True)
        criterion(judges(fake), ones).backward()
        draws_optimizer.step()
        return loss.item()

    return step
