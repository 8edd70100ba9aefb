"""Choosing a strategy by name, or by the devices and workers that are available."""

import contextlib
import dataclasses
import functools
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterator

import tensorflow as tf

from custom.arguments import shown
from recipes.reports.run_folder import RunFolder, create_run_folder
from recipes.training.checkpoints.storage import Checkpoints
from recipes.training.keras_overrides import check_versions
from recipes.training.strategies import STRATEGIES
from recipes.training.strategies.cluster import Cluster, find_cluster
from recipes.training.strategies.launching import end_with_launcher
from recipes.training.strategies.reduction import Mirrored, MultiWorkerMirrored
from recipes.training.strategies.rendezvous import PATIENCE, wait_for_workers
from zoo.errors import InputError


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where a run is trained.

    Attributes:
        name: One of `STRATEGIES`, but not `"auto"`.
        reason: Why it was chosen, as a clause.
        strategy: The strategy of `tf.distribute`; `None` on one device.
        cluster: The processes that train together, or `None` for a single process.
    """

    name: str
    reason: str
    strategy: tf.distribute.Strategy | None = None
    cluster: Cluster | None = None

    @property
    def replicas(self) -> int:
        """Number of parts that a batch is divided into."""
        return self.strategy.num_replicas_in_sync if self.strategy else 1

    @property
    def is_chief(self) -> bool:
        """Whether this process writes the files."""
        return self.cluster is None or self.cluster.is_chief

    @property
    def static_shapes(self) -> bool:
        """Whether all batches must have the same size."""
        return self.name == "tpu"

    def scope(self) -> contextlib.AbstractContextManager:
        """The context in which models are made and trained."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    def describe(self) -> dict:
        """The placement as `config.json` keeps it."""
        return {
            "name": self.name,
            "reason": self.reason,
            "replicas": self.replicas,
            "workers": list(self.cluster.addresses) if self.cluster else None,
        }

    def sentence(self) -> str:
        """The placement as a line for the terminal.

        >>> Placement("cpu", "there is no GPU").sentence()
        'strategy: cpu, as there is no GPU'
        """
        parts = f"; {self.replicas} replicas" if self.strategy else ""
        return f"strategy: {self.name}, as {self.reason}{parts}"

    @contextlib.contextmanager
    def run_folder(
        self,
        out: str | os.PathLike | None,
        default: str,
        fill: Callable[[RunFolder], None],
    ) -> Iterator[RunFolder]:
        """The folder of a new run; a temporary one for workers other than the chief."""
        if self.is_chief:
            yield create_run_folder(out, default, fill)
            return
        # Every worker writes, since all are needed to read some of the variables.
        with _temporary_folder() as folder:
            fill(folder)
            yield folder

    @contextlib.contextmanager
    def same_folder(self, folder: RunFolder) -> Iterator[RunFolder]:
        """The folder of a resumed run; a temporary copy for the other workers."""
        if self.is_chief:
            yield folder
            return
        with _temporary_folder() as copy:
            copy.checkpoints.mkdir()
            shutil.copy(folder.untrained, copy.untrained)
            kept = (folder.model, copy.model), (folder.uncalibrated, copy.uncalibrated)
            for file, copied in kept:
                if file.exists():
                    shutil.copy(file, copied)
            newest = Checkpoints(folder.checkpoints).newest()
            if newest is not None:
                Checkpoints(copy.checkpoints).write(newest)
            yield copy


@contextlib.contextmanager
def _temporary_folder() -> Iterator[RunFolder]:
    with tempfile.TemporaryDirectory(prefix="zoo-worker-") as folder:
        yield RunFolder(pathlib.Path(folder))


ALONE = Placement("cpu", "nothing else was requested")


def place(name: str = "auto", *, patience: float = PATIENCE) -> Placement:
    """Returns the placement with this name.

    Args:
        name: One of `STRATEGIES`. `"auto"` takes several workers if the environment
            describes them, else a TPU, else all GPUs, else the CPU.
        patience: Seconds to wait for other workers.
    """
    if not isinstance(name, str) or name not in STRATEGIES:
        raise InputError(
            f"There is no strategy {shown(name)}; choose {', '.join(STRATEGIES)}."
        )
    reason = "requested"
    if name == "auto":
        name, reason = _available()
    return MAKERS[name](reason, patience)


def _available() -> tuple[str, str]:
    """The strategy for the available devices and workers, and the reason."""
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
            "TensorFlow already uses the GPU: choose the strategy 'cpu' before "
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
    # Two strategies in one process would number their collective operations alike, and
    # fail.
    return Mirrored(devices)


def _multiworker(reason, patience):
    check_versions()
    cluster = find_cluster()
    if cluster is None or len(cluster.addresses) < 2:
        raise InputError(
            "The strategy 'multiworker' needs a cluster of two processes or more: set "
            "TF_CONFIG, start them with `srun`, or try it on this machine with `zoo "
            "launch --workers 2 -- fit …`."
        )
    return Placement("multiworker", reason, _among(cluster, patience), cluster)


@functools.cache
def _among(cluster, patience):
    end_with_launcher()
    wait_for_workers(cluster, patience)
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
