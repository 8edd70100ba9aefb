"""Exported graphs that run without the GPU on which they were traced."""

import contextlib
import pathlib
from collections.abc import Iterator

from tensorflow.core.protobuf import saved_model_pb2

from zoo.exporting.trial import ExportError


@contextlib.contextmanager
def without_cudnn(layers: list) -> Iterator[None]:
    """Inside the block, recurrent layers are traced as loops that run on any device.

    Where Keras finds a GPU it traces LSTM and GRU as cuDNN's operations, and the graph
    then fails on a server without a GPU.
    """
    recurrent = [layer for layer in layers if hasattr(layer, "use_cudnn")]
    settings = [layer.use_cudnn for layer in recurrent]
    for layer in recurrent:
        layer.use_cudnn = False
    try:
        yield
    finally:
        for layer, setting in zip(recurrent, settings, strict=True):
            layer.use_cudnn = setting


def refuse_cudnn(folder: pathlib.Path) -> None:
    """Refuses a SavedModel that needs a GPU."""
    saved = saved_model_pb2.SavedModel.FromString(
        (folder / "saved_model.pb").read_bytes()
    )
    for meta in saved.meta_graphs:
        graph = meta.graph_def
        nodes = [
            graph.node,
            *(function.node_def for function in graph.library.function),
        ]
        found = {node.op for part in nodes for node in part if "Cudnn" in node.op}
        if found:
            raise ExportError(
                f"The exported graph holds {', '.join(sorted(found))}, which a server "
                "without a GPU cannot run: give the recurrent layers `use_cudnn=False`."
            )
