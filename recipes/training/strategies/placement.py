"""Choosing a strategy by name, or by what is there."""

import contextlib
import dataclasses
import functools
import os
import pathlib
import shutil
import tempfile

import tensorflow as tf

from recipes.reports.run_folder import RunFolder, create_run_folder
from recipes.training.checkpoints.storage import Checkpoints
from recipes.training.keras_overrides import check_versions
from recipes.training.strategies import STRATEGIES
from recipes.training.strategies.cluster import Cluster, find_cluster
from recipes.training.strategies.meeting import PATIENCE, meet
from recipes.training.strategies.reduction import Mirrored, MultiWorkerMirrored
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where a run is trained.

    Attributes:
        name: One of `STRATEGIES`, but not `"auto"`.
        reason: Why, a clause.
        strategy: That of `tf.distribute`; `None` on one device, which needs none.
        cluster: The processes that train together, or `None` for this one alone.
    """

    name: str
    reason: str
    strategy: tf.distribute.Strategy | None = None
    cluster: Cluster | None = None

    @property
    def replicas(self) -> int:
        """Into how many parts a batch is divided."""
        return self.strategy.num_replicas_in_sync if self.strategy else 1

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the files."""
        return self.cluster is None or self.cluster.is_chief

    @property
    def static_shapes(self) -> bool:
        """Whether every batch must be of one size."""
        return self.name == "tpu"

    def scope(self):
        """What models are made and trained in."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    def describe(self) -> dict:
        """For `config.json`."""
        return {
            "name": self.name,
            "reason": self.reason,
            "replicas": self.replicas,
            "workers": list(self.cluster.addresses) if self.cluster else None,
        }

    def sentence(self) -> str:
        """For the person at the terminal.

        >>> Placement("cpu", "there is no GPU").sentence()
        'strategy: cpu, as there is no GPU'
        """
        parts = f"; {self.replicas} replicas" if self.strategy else ""
        return f"strategy: {self.name}, as {self.reason}{parts}"

    @contextlib.contextmanager
    def run_folder(self, out: str | os.PathLike | None, default: str):
        """The folder of a new run; of a worker that is not the chief one that goes.

        Args:
            out: As `create_run_folder` takes it.
            default: As `create_run_folder` takes it.
        """
        if self.is_chief:
            yield create_run_folder(out, default)
            return
        # What is written in training is so everywhere: reading some variables to
        # write them takes all workers.
        with tempfile.TemporaryDirectory(prefix="zoo-worker-") as folder:
            yield RunFolder(pathlib.Path(folder))

    @contextlib.contextmanager
    def same_folder(self, folder: RunFolder):
        """The folder of a run that goes on; of other workers a copy that goes."""
        if self.is_chief:
            yield folder
            return
        with self.run_folder(None, "") as copy:
            copy.checkpoints.mkdir()
            shutil.copy(folder.untrained, copy.untrained)
            if folder.model.exists():
                shutil.copy(folder.model, copy.model)
            newest = Checkpoints(folder.checkpoints).newest()
            if newest is not None:
                Checkpoints(copy.checkpoints).write(newest)
            yield copy


ALONE = Placement("cpu", "nothing else was asked for")


def place(name: str = "auto", *, patience: float = PATIENCE) -> Placement:
    """The placement of a name, made ready.

    Args:
        name: One of `STRATEGIES`. `"auto"` takes several workers if the environment
            describes them, else a TPU, else all GPUs, else the CPU.
        patience: Seconds to wait for other workers.

    Raises:
        InputError: If there is no such strategy, or not what it needs.
    """
    if name not in STRATEGIES:
        raise InputError(
            f"There is no strategy {name!r}; choose {', '.join(STRATEGIES)}."
        )
    reason = "asked for"
    if name == "auto":
        name, reason = _found()
    return MAKERS[name](reason, patience)


def _found() -> tuple[str, str]:
    """The strategy for what is there, and why."""
    cluster = find_cluster()
    if cluster is not None and len(cluster.addresses) > 1:
        return (
            "multiworker",
            f"{cluster.origin} names {len(cluster.addresses)} workers",
        )
    if os.environ.get("TPU_NAME") or tf.config.list_physical_devices("TPU"):
        return "tpu", "there is a TPU"
    gpus = len(tf.config.list_physical_devices("GPU"))
    if gpus > 1:
        return "mirrored", f"there are {gpus} GPUs"
    return ("gpu", "there is one GPU") if gpus else ("cpu", "there is no GPU")


def _cpu(reason, patience):
    try:
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError as error:
        raise InputError(
            "TensorFlow uses the GPU already: choose the strategy 'cpu' before "
            "anything else, or start with CUDA_VISIBLE_DEVICES=-1."
        ) from error
    return Placement("cpu", reason)


def _gpu(reason, patience):
    if not tf.config.list_physical_devices("GPU"):
        raise InputError("The strategy 'gpu' needs a GPU, and TensorFlow sees none.")
    return Placement("gpu", reason)


def _mirrored(reason, patience):
    check_versions()
    devices = tf.config.list_logical_devices("GPU")
    devices = devices or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        raise InputError(
            f"The strategy 'mirrored' needs two GPUs or more; there is "
            f"{devices[0].name}. Choose 'auto'."
        )
    strategy = _over(tuple(device.name for device in devices))
    return Placement("mirrored", reason, strategy)


@functools.cache
def _over(devices):
    # Two strategies of one process number their collective operations alike, and fail.
    return Mirrored(devices)


def _multiworker(reason, patience):
    check_versions()
    cluster = find_cluster()
    if cluster is None or len(cluster.addresses) < 2:
        raise InputError(
            "The strategy 'multiworker' needs a cluster of two processes or more: set "
            "TF_CONFIG, start them by `srun`, or try it out on this machine by `zoo "
            "launch --workers 2 -- fit …`."
        )
    return Placement("multiworker", reason, _among(cluster, patience), cluster)


@functools.cache
def _among(cluster, patience):
    meet(cluster, patience)
    os.environ["TF_CONFIG"] = cluster.as_tf_config()
    return MultiWorkerMirrored()


def _tpu(reason, patience):
    check_versions()
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect()
    except (ValueError, tf.errors.OpError) as error:
        raise InputError(f"No TPU answers: {error}") from error
    return Placement("tpu", reason, tf.distribute.TPUStrategy(resolver))


MAKERS = {
    "cpu": _cpu,
    "gpu": _gpu,
    "mirrored": _mirrored,
    "multiworker": _multiworker,
    "tpu": _tpu,
}
