"""Properties of every augmentation: seeds, types, labels, configuration."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from recipes import augmentation
from recipes.augmentation import (
    PRESETS,
    Brightness,
    Compose,
    Contrast,
    CropWithPadding,
    CutMix,
    Cutout,
    Flip,
    GaussianNoise,
    LabelSmoothing,
    Mixup,
    Warp,
    from_config,
)
from recipes.data import randomness
from recipes.data.dataset import Dataset, Part
from recipes.pipeline import sampled_batches, training_batches
from recipes.sampling import Ordered
from zoo.errors import InputError

CASES = {  # with arguments that differ from the defaults
    "Warp": Warp(
        rotation=(-20, 30),
        zoom=0.2,
        shift=(-0.1, 0.2),
        shear=10,
        horizontal_flip=True,
        vertical_flip=True,
        fill="reflect",
        fill_value=3,
    ),
    "Flip": Flip(vertical=True),
    "CropWithPadding": CropWithPadding(3, fill="reflect", fill_value=9),
    "Brightness": Brightness((-0.1, 0.3)),
    "Contrast": Contrast(0.4),
    "GaussianNoise": GaussianNoise(0.1),
    "Cutout": Cutout(3, fill_value=7, probability=0.9),
    "Mixup": Mixup(0.4, probability=0.9),
    "CutMix": CutMix(0.7, probability=0.9),
    "LabelSmoothing": LabelSmoothing(0.2),
    "Compose": Compose(Warp(rotation=9), Brightness(0.2), Mixup(), Flip()),
}
MIXING = {"Mixup", "CutMix", "Compose"}
NUMBER, CLASSES = 103, 5
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (NUMBER, 8, 7, 3), dtype="uint8")
LABELS = np.arange(NUMBER) % CLASSES
PART = Part(IMAGES, LABELS)

every = pytest.mark.parametrize("name", CASES)


def targets_for(augment, labels=LABELS):
    """Class numbers, or probabilities where they are needed."""
    if augment.soft_targets:
        return np.eye(CLASSES, dtype="float32")[labels]
    return labels


def applied(augment, images=IMAGES, seed=(1, 2)):
    images, labels = augment(images, targets_for(augment)[: len(images)], seed)
    return images.numpy(), labels.numpy()


def batches_of(augment, **arguments):
    classes = CLASSES if augment.soft_targets else None
    return training_batches(
        PART, batch_size=16, seed=3, augment=augment, num_classes=classes, **arguments
    )


def as_bytes(batches, count):
    return [
        inputs.numpy().tobytes() + labels.numpy().tobytes()
        for inputs, labels in batches.take(count)
    ]


def test_every_augmentation_has_a_row():
    public = [getattr(augmentation, name) for name in augmentation.__all__]
    classes = {
        kind.__name__
        for kind in public
        if isinstance(kind, type) and kind.kind not in ("audio", "text", "table")
    }
    assert classes - {"Augmentation"} == set(CASES)
    assert set(dir(augmentation)) == set(augmentation.__all__)
    with pytest.raises(AttributeError, match="attribute Absent"):
        augmentation.Absent  # noqa: B018


@every
def test_rows_leave_no_argument_at_its_default(name):
    if name != "Compose":
        for field in dataclasses.fields(CASES[name]):
            value = getattr(CASES[name], field.name)
            assert value != field.default or (name, value) == ("Flip", True)


@every
def test_the_seed_alone_determines_the_changes(name):
    first, again, other = (
        b"".join(array.tobytes() for array in applied(CASES[name], seed=seed))
        for seed in ((1, 2), (1, 2), (1, 3))
    )
    assert first == again
    assert (first != other) == (name != "LabelSmoothing")


@every
def test_examples_of_a_batch_draw_independently(name):
    images = np.tile(IMAGES[:1], [64, 1, 1, 1])
    images, labels = applied(CASES[name], images)
    looks = len({image.tobytes() for image in images})
    if name in ("Mixup", "CutMix"):  # of equal images, with other labels
        assert len(np.unique(labels[:, 0])) > 10
    else:
        assert looks > 3 or (name == "LabelSmoothing" and looks == 1)
    expected = {"Flip": 4, "Warp": 64, "GaussianNoise": 64, "Compose": 64}
    assert looks == expected.get(name, looks)


@every
def test_the_number_of_threads_does_not_matter(name):
    def with_threads(threads):
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        return as_bytes(batches_of(CASES[name]).with_options(options), 20)

    assert with_threads(1) == with_threads(8)


@every
def test_starting_at_a_step_is_the_same_as_running_to_it(name):
    whole = batches_of(CASES[name]).skip(40)  # in the sixth epoch
    late = batches_of(CASES[name], start_step=40)
    assert as_bytes(late, 4) == as_bytes(whole, 4)


def in_order(augment, seed=0, **arguments):
    """Batches of the same examples in the same order, changed by an augmentation."""
    part = Part(IMAGES[:32], LABELS[:32])
    classes = CLASSES if getattr(augment, "soft_targets", False) else None
    return sampled_batches(
        part,
        Ordered(32),
        batch_size=32,
        seed=seed,
        augment=augment,
        num_classes=classes,
        **arguments,
    )


@every
def test_epochs_differ(name):
    draws_nothing = name == "LabelSmoothing"
    looks = len(set(as_bytes(in_order(CASES[name]), 5)))
    assert looks == (1 if draws_nothing else 5)


@every
def test_the_pipeline_folds_the_step_into_the_seed(name):
    stream = randomness.stream(3, randomness.AUGMENTATION)
    targets = targets_for(CASES[name])[:32]
    batches = in_order(CASES[name], seed=3, start_step=7).take(2)
    for step, (images, labels) in enumerate(batches, start=7):
        seed = randomness.fold(stream, step)
        expected_images, expected_labels = CASES[name](IMAGES[:32], targets, seed)
        np.testing.assert_array_equal(images, expected_images)
        np.testing.assert_allclose(labels, expected_labels, rtol=1e-6)


def test_every_step_of_every_run_has_a_seed_of_its_own():
    """Folded, not added: no step of one run draws what a step of another does."""

    def show_seed(images, labels, seed):
        return tf.cast(seed, tf.int64), labels

    seeds = [
        tuple(seed)
        for run in range(8)
        for seed, _ in in_order(show_seed, seed=run).take(8).as_numpy_iterator()
    ]
    assert len(set(seeds)) == 64


@every
def test_no_python_in_the_graph(name):
    graph = batches_of(CASES[name])._as_serialized_graph().numpy()
    assert b"PyFunc" not in graph


@every
def test_types_and_shapes_stay(name):
    for dtype in ("uint8", "float16", "bfloat16", "float32", "float64"):
        given = tf.cast(IMAGES[:4], dtype)
        changed, labels = CASES[name](given, targets_for(CASES[name])[:4], (1, 2))
        assert changed.dtype == given.dtype
        assert changed.shape == given.shape
        assert len(labels) == 4
    for drop in (True, False):
        spec, _ = batches_of(CASES[name], drop_remainder=drop).element_spec
        assert spec.shape.as_list() == [16 if drop else None, 8, 7, 3]


@every
def test_a_batch_of_one(name):
    images, labels = applied(CASES[name], IMAGES[:1])
    assert images.shape == (1, 8, 7, 3)
    assert labels.sum() == pytest.approx(1 if CASES[name].soft_targets else 0)


@every
def test_uint8_is_the_rounded_float(name):
    whole, _ = applied(CASES[name])
    exact, _ = applied(CASES[name], IMAGES.astype("float64"))
    clipped = np.clip(exact, 0, 255)
    assert np.abs(whole - clipped).max() <= 0.5 + 1e-3


@every
def test_float_types_agree(name):
    reference, _ = applied(CASES[name], IMAGES.astype("float64"))
    for dtype, tolerance in (("float32", 1e-2), ("float16", 0.3)):
        images, _ = applied(CASES[name], IMAGES.astype(dtype))
        np.testing.assert_allclose(images, reference, atol=tolerance)


@every
def test_only_mixing_touches_the_labels(name):
    _, labels = applied(CASES[name])
    if name in MIXING:
        np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-6)
        assert (labels >= 0).all()
        assert (labels.max(axis=1) < 1).mean() > 0.3
    elif name == "LabelSmoothing":
        expected = np.where(targets_for(CASES[name]) == 1, 1 - 0.2 * 4 / 5, 0.2 / 5)
        np.testing.assert_allclose(labels, expected, rtol=1e-6)
    else:
        assert labels.tobytes() == LABELS.tobytes()


@every
def test_configuration_round_trip(name):
    config = json.loads(json.dumps(CASES[name].get_config(), allow_nan=False))
    again = from_config(config)
    assert again == CASES[name]
    assert hash(again) == hash(CASES[name])
    assert again.get_config() == CASES[name].get_config()
    assert config["name"] == name


@every
def test_repr_is_python(name):
    names = {kind: getattr(augmentation, kind) for kind in CASES}
    assert eval(repr(CASES[name]), names) == CASES[name]


def test_repr_shows_arguments_that_are_not_defaults():
    assert repr(Flip()) == "Flip()"
    assert repr(Warp(zoom=0.5)) == "Warp(zoom=(0.5, 1.5))"


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_suit_small_and_large_images(preset):
    for shape in ((8, 8, 1), (28, 28, 1), (32, 48, 3), (3, 2, 1)):
        images = RNG.integers(0, 256, (6, *shape), dtype="uint8")
        part = Part(images, np.arange(6))
        augment = PRESETS[preset](Dataset("x", "images", part, part, part, ()))
        changed, labels = augment(images, np.arange(6), (1, 2))
        assert changed.shape == images.shape
        assert labels.numpy().tolist() == list(range(6))
        if min(shape) > 2:
            assert (changed.numpy() != images).any()


def test_compose_rounds_once_and_draws_independently():
    dark, bright = Brightness((-0.801, -0.801)), Brightness((0.801, 0.801))
    images, _ = Compose(dark, bright)(IMAGES, LABELS, (1, 2))
    np.testing.assert_array_equal(images, IMAGES)
    twice, _ = Compose(Brightness(0.2), Brightness(0.2))(
        np.full((50, 1, 1, 1), 100.0), LABELS[:50], (1, 2)
    )
    once, _ = Compose(Brightness(0.2))(
        np.full((50, 1, 1, 1), 100.0), LABELS[:50], (1, 2)
    )
    first = once.numpy().ravel() - 100
    second = twice.numpy().ravel() - 100 - first
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.5


def test_compose_keeps_the_draws_of_the_operations_before_a_new_one():
    first = Compose(Warp(rotation=30), Brightness(0.2))
    longer = Compose(*first.steps, Brightness((0, 0)))
    np.testing.assert_array_equal(applied(longer)[0], applied(first)[0])


BAD = {
    "negative angle": (lambda: Warp(rotation=-5), r"rotation.*\[0, 180\].*-5"),
    "large angle": (lambda: Warp(rotation=200), "rotation"),
    "reversed": (lambda: Warp(rotation=(10, -10)), r"low <= high.*\(10, -10\)"),
    "three": (lambda: Warp(rotation=(1, 2, 3)), "a pair"),
    "nan": (lambda: Warp(rotation=float("nan")), "rotation"),
    "word": (lambda: Warp(rotation="5"), "rotation"),
    "boolean": (lambda: Warp(rotation=True), "rotation"),
    "zoom of all": (lambda: Warp(zoom=1), r"zoom.*\[0, 1\)"),
    "zoom to nothing": (lambda: Warp(zoom=(0, 1)), "0 < low"),
    "zoom reversed": (lambda: Warp(zoom=(1.2, 0.8)), "low <= high"),
    "zoom infinite": (lambda: Warp(zoom=(1, float("inf"))), "zoom"),
    "shift": (lambda: Warp(shift=1.5), "shift"),
    "shear": (lambda: Warp(shear=(0, 90)), "shear"),
    "flip": (lambda: Warp(horizontal_flip=1), "horizontal_flip.*True or False"),
    "vertical": (lambda: Warp(vertical_flip="yes"), "vertical_flip"),
    "fill": (lambda: Warp(fill="mirror"), "fill.*nearest"),
    "fill value": (lambda: Warp(fill_value=256), r"fill_value.*\[0, 255\]"),
    "no flip": (lambda: Flip(horizontal=False), "must be True"),
    "flip number": (lambda: Flip(vertical=None), "vertical"),
    "flip left": (lambda: Flip(horizontal="left"), "horizontal"),
    "padding": (lambda: CropWithPadding(0), "padding.*positive integer"),
    "half a pixel": (lambda: CropWithPadding(0.5), "padding"),
    "crop fill": (lambda: CropWithPadding(1, fill="nearest"), "fill"),
    "crop value": (lambda: CropWithPadding(1, fill_value=-1), "fill_value"),
    "brightness": (lambda: Brightness(2), r"amount.*\[0, 1\]"),
    "contrast": (lambda: Contrast((-1, 1)), "factor"),
    "noise": (lambda: GaussianNoise(0), "stddev"),
    "negative noise": (lambda: GaussianNoise(-1), "stddev"),
    "size": (lambda: Cutout(0), "size"),
    "cutout value": (lambda: Cutout(1, fill_value=300), "fill_value"),
    "never": (lambda: Cutout(1, probability=0), r"probability.*\(0, 1\]"),
    "mixup alpha": (lambda: Mixup(0), "alpha.*at least 0.001"),
    "mixup odds": (lambda: Mixup(1, probability=2), "probability"),
    "cutmix alpha": (lambda: CutMix(float("inf")), "alpha"),
    "cutmix odds": (lambda: CutMix(1, probability=-1), "probability"),
    "smoothing": (lambda: LabelSmoothing(1.1), "epsilon"),
    "nothing": (lambda: Compose(), "got none"),
    "a function": (lambda: Compose(Flip(), abs), "got <built-in function abs>"),
    "unknown name": (lambda: from_config({"name": "Absent"}), "no augmentation"),
    "no name": (lambda: from_config({}), "no augmentation None"),
    "no class": (lambda: from_config({"name": "choose"}), "no augmentation 'choose'"),
    "base": (lambda: from_config({"name": "Augmentation"}), "no augmentation"),
    "unknown argument": (
        lambda: from_config({"name": "Flip", "diagonal": True}),
        "Flip: .*diagonal",
    ),
    "a table": (lambda: Flip()(np.zeros((2, 3)), [0, 1], (1, 2)), r"\(2, 3\)"),
    "integers": (lambda: Flip()(np.zeros((1, 2, 2, 1), int), [0], (1, 2)), "int64"),
    "wide padding": (lambda: applied(CropWithPadding(7)), "less than the sides.*8×7"),
    "large square": (lambda: applied(Cutout(8)), "at most the sides.*8×7"),
    "class numbers": (
        lambda: Mixup()(IMAGES, LABELS, (1, 2)),
        "as probabilities.*int64.*Give `num_classes`",
    ),
    "in the pipeline": (
        lambda: training_batches(PART, batch_size=9, augment=Compose(Flip(), CutMix())),
        "as probabilities",
    ),
}


@pytest.mark.parametrize("do, message", BAD.values(), ids=BAD)
def test_bad_arguments_are_refused(do, message):
    with pytest.raises(InputError, match=message):
        do()


def test_every_argument_is_given_a_bad_value():
    tested = {message.split(".*")[0] for _, message in BAD.values()}
    for name, case in CASES.items():
        if name != "Compose":
            for field in dataclasses.fields(case):
                assert field.name in tested or field.name in ("zoom", "rotation")
