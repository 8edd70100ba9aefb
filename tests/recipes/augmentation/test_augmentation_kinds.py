"""Properties of every augmentation of audio, texts and tables."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from recipes import augmentation
from recipes.augmentation import (
    Compose,
    FeatureDrop,
    FeatureNoise,
    Flip,
    FrequencyMask,
    Gain,
    LabelSmoothing,
    Synonyms,
    TimeMask,
    TimeShift,
    WhiteNoise,
    WordDrop,
    WordSwap,
    choose,
    from_config,
    presets,
)
from recipes.augmentation.base import DTYPES
from recipes.augmentation.thesaurus import ENGLISH, read
from recipes.data.dataset import Dataset, Part
from recipes.pipeline import sampled_batches, training_batches
from recipes.sampling import Ordered
from zoo.errors import InputError
from zoo.kinds import Kind

CASES = {  # with arguments that differ from the defaults, except for the path
    "WhiteNoise": WhiteNoise((5, 20)),
    "Gain": Gain(9),
    "TimeShift": TimeShift(0.01, fill="wrap", sample_rate=8000),
    "TimeMask": TimeMask(0.02, number=2, sample_rate=8000),
    "FrequencyMask": FrequencyMask(0.5, number=2, sample_rate=8000),
    "Synonyms": Synonyms(probability=0.5),
    "WordDrop": WordDrop(0.3, keep=("fast",)),
    "WordSwap": WordSwap(0.6, keep=("fast",)),
    "FeatureNoise": FeatureNoise(0.2, deviations=(1.0, 2.0, 0.0)),
    "FeatureDrop": FeatureDrop(0.3, values=(1.0, 2.0, 3.0)),
    "a chain for audio": Compose(TimeShift(0.1), Gain(3), WhiteNoise(20)),
    "a chain for texts": Compose(Synonyms(), WordDrop(0.2), WordSwap(0.2)),
    "a chain for rows": Compose(
        FeatureNoise(0.1, (1.0, 1.0, 1.0)), FeatureDrop(0.1)
    ).fitted(np.eye(3)),
}
NUMBER = 53
RNG = np.random.default_rng(0)
AUDIO = RNG.uniform(-1, 1, (NUMBER, 600)).astype("float32")
for row, length in zip(AUDIO, RNG.integers(300, 601, NUMBER), strict=True):
    row[length:] = 0
VOCABULARY = np.array([*read(ENGLISH)][:300])
TEXTS = np.array([" ".join(RNG.choice(VOCABULARY, 30)) for _ in range(NUMBER)], object)
ROWS = RNG.normal(size=(NUMBER, 3)).astype("float32")
INPUTS = {Kind.AUDIO: AUDIO, Kind.TEXT: TEXTS, Kind.TABLE: ROWS}
LABELS = np.arange(NUMBER) % 5

every = pytest.mark.parametrize("name", CASES)


def inputs_of(name):
    return INPUTS[CASES[name].kind]


def batches_of(name, inputs=None, **arguments):
    part = Part(inputs_of(name) if inputs is None else inputs, LABELS)
    arguments = {"batch_size": 16, "seed": 3, "augment": CASES[name], **arguments}
    return training_batches(part, **arguments)


def as_bytes(batches, count):
    return [
        inputs.numpy().tolist()
        if inputs.dtype == tf.string
        else inputs.numpy().tobytes()
        for inputs, _ in batches.take(count)
    ]


def test_every_augmentation_has_a_row():
    public = [getattr(augmentation, name) for name in augmentation.__all__]
    classes = {
        kind.__name__
        for kind in public
        if isinstance(kind, type) and kind.kind in INPUTS
    }
    assert classes == {name for name in CASES if not name.startswith("a chain")}


@every
def test_rows_leave_no_argument_at_its_default(name):
    if not isinstance(CASES[name], Compose):
        for field in dataclasses.fields(CASES[name]):
            is_default = getattr(CASES[name], field.name) == field.default
            assert is_default == (field.name == "path")


@every
def test_the_seed_alone_determines_the_changes(name):
    inputs = inputs_of(name)
    first, again, other = (
        CASES[name](inputs, LABELS, seed) for seed in ((1, 2), (1, 2), (1, 3))
    )
    assert first[0].numpy().tolist() == again[0].numpy().tolist()
    assert first[0].numpy().tolist() != other[0].numpy().tolist()
    assert first[1].numpy().tolist() == LABELS.tolist()


@every
def test_examples_of_a_batch_draw_independently(name):
    inputs = np.repeat(inputs_of(name)[:1], 32, axis=0)
    changed, _ = CASES[name](inputs, LABELS[:32], (1, 2))
    assert len({str(example) for example in changed.numpy().tolist()}) > 5


@every
def test_the_number_of_threads_does_not_matter(name):
    def with_threads(threads):
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        return as_bytes(batches_of(name).with_options(options), 10)

    assert with_threads(1) == with_threads(8)


@every
def test_starting_at_a_step_is_the_same_as_running_to_it(name):
    late = as_bytes(batches_of(name, start_step=21), 3)
    assert late == as_bytes(batches_of(name).skip(21), 3)


@every
def test_epochs_differ(name):
    """Batches of the same examples in the same order."""
    part = Part(inputs_of(name), LABELS)
    batches = sampled_batches(
        part, Ordered(NUMBER), batch_size=NUMBER, augment=CASES[name]
    )
    assert len({str(inputs) for inputs in as_bytes(batches, 5)}) == 5


@every
def test_no_python_and_no_table_in_the_graph(name):
    graph = batches_of(name)._as_serialized_graph().numpy()
    assert b"PyFunc" not in graph
    assert b"HashTable" not in graph


@every
def test_types_and_shapes_stay(name):
    inputs = inputs_of(name)
    if CASES[name].kind == "text":
        dtypes = [tf.string]
    else:
        dtypes = ["float16", "bfloat16", "float32", "float64"]
    for dtype in dtypes:
        given = tf.constant(inputs) if dtype == tf.string else tf.cast(inputs, dtype)
        changed, _ = CASES[name](given, LABELS, (1, 2))
        assert changed.dtype == given.dtype
        assert changed.shape == given.shape
    spec, _ = batches_of(name, drop_remainder=True).element_spec
    assert spec.shape.as_list() == [16, *inputs.shape[1:]]


@every
def test_a_batch_of_one(name):
    changed, _ = CASES[name](inputs_of(name)[:1], LABELS[:1], (1, 2))
    assert changed.shape == (1, *inputs_of(name).shape[1:])


@every
def test_configuration_round_trip(name):
    config = json.loads(json.dumps(CASES[name].get_config(), allow_nan=False))
    again = from_config(config)
    assert again == CASES[name]
    assert hash(again) == hash(CASES[name])
    names = {kind: getattr(augmentation, kind) for kind in augmentation.__all__}
    assert eval(repr(CASES[name]), names) == CASES[name]


BAD = {
    "snr reversed": (lambda: WhiteNoise((20, 5)), r"snr.*low <= high.*\(20, 5\)"),
    "snr far": (lambda: WhiteNoise(200), "snr.*100"),
    "snr word": (lambda: WhiteNoise("loud"), "snr"),
    "gain negative": (lambda: Gain(-3), "decibels.*-3"),
    "gain reversed": (lambda: Gain((3, -3)), "decibels.*low <= high"),
    "shift negative": (lambda: TimeShift(-0.1), "shift"),
    "shift reversed": (lambda: TimeShift((0.2, 0.1)), "shift.*low <= high"),
    "shift of seconds": (lambda: TimeShift(2), "shift.*give `sample_rate`"),
    "shift fill": (lambda: TimeShift(0.1, fill="noise"), "fill.*wrap"),
    "shift rate": (lambda: TimeShift(1, sample_rate=0), "sample_rate"),
    "mask length": (lambda: TimeMask(0), "length"),
    "mask long": (lambda: TimeMask(1.5), "length.*give `sample_rate`"),
    "mask number": (lambda: TimeMask(0.1, number=0), "number"),
    "mask rate": (lambda: TimeMask(1, sample_rate=8000.5), "sample_rate"),
    "band": (lambda: FrequencyMask(1.5), r"width.*\(0, 1\]"),
    "band negative": (lambda: FrequencyMask(-0.1), "width"),
    "band number": (lambda: FrequencyMask(0.1, number=-1), "number"),
    "band rate": (lambda: FrequencyMask(0.1, sample_rate=None), "sample_rate"),
    "synonym odds": (lambda: Synonyms(probability=0), "probability"),
    "synonym path": (lambda: Synonyms(3), "path.*WordNet"),
    "synonyms absent": (lambda: Synonyms("absent"), "cannot read .*absent: No such"),
    "drop odds": (lambda: WordDrop(1.5), "probability"),
    "drop keep": (lambda: WordDrop(0.1, keep="not"), "keep"),
    "drop capitals": (lambda: WordDrop(0.1, keep=("NOT",)), "keep.*lower case"),
    "swap odds": (lambda: WordSwap(-0.1), "probability"),
    "swap keep": (lambda: WordSwap(0.1, keep=(1,)), "keep"),
    "swap keep number": (lambda: WordSwap(0.1, keep=1), "keep"),
    "noise": (lambda: FeatureNoise(0), "stddev"),
    "deviations": (lambda: FeatureNoise(1, (-1,)), "deviations"),
    "one deviation": (lambda: FeatureNoise(1, 2.0), "deviations.*each column"),
    "no deviations": (
        lambda: FeatureNoise(1)(ROWS, LABELS, (1, 2)),
        r"deviations.*FeatureNoise\(stddev=1.0\).fitted",
    ),
    "other columns": (
        lambda: FeatureNoise(1, (1, 2))(ROWS, LABELS, (1, 2)),
        "deviations` for 2 columns, got rows of 3",
    ),
    "feature odds": (lambda: FeatureDrop(0), "probability"),
    "values": (lambda: FeatureDrop(0.1, (float("nan"),)), "values"),
    "no values": (lambda: FeatureDrop(0.1)(ROWS, LABELS, (1, 2)), "values.*fitted"),
    "kinds": (lambda: Compose(Gain(1), Flip()), "Gain for audio, Flip for images"),
    "not text": (lambda: WordDrop(0.1)(ROWS, LABELS, (1, 2)), r"texts.*\(batch,\)"),
    "bytes": (lambda: WordDrop(0.1)(LABELS, LABELS, (1, 2)), "string texts, got int64"),
    "stereo": (
        lambda: Gain(1)(ROWS[..., None], LABELS, (1, 2)),
        "audio clips of shape",
    ),
    "integers": (lambda: Gain(1)(np.zeros((5, 9), int), LABELS, (1, 2)), "int64"),
    "chain": (
        lambda: Compose(Gain(1), LabelSmoothing())(AUDIO, LABELS, (1, 2)),
        "as probabilities",
    ),
}


@pytest.mark.parametrize("do, message", BAD.values(), ids=BAD)
def test_bad_input_is_refused(do, message):
    with pytest.raises(InputError, match=message):
        do()


def dataset_of(kind):
    part = Part(INPUTS[kind], LABELS)
    return Dataset("mine", kind, part, part, part, tuple("abcde"), sample_rate=8000)


def test_named_augmentations_are_for_every_kind_but_sequences_and_tokens():
    kinds = {Kind.IMAGES, *INPUTS}
    assert kinds == set(Kind) - {Kind.SEQUENCES, Kind.TOKENS}
    assert set(presets.LIGHT) == set(presets.STRONG) == kinds
    assert {Flip.kind, *(CASES[name].kind for name in CASES)} == kinds
    # A user's own augmentation may be for any kind.
    assert {kind.dtype for kind in Kind} == set(DTYPES)


@pytest.mark.parametrize("kind", INPUTS)
def test_presets_of_every_kind(kind):
    data = dataset_of(kind)
    assert choose("auto", data) == choose("light", data) != choose("strong", data)
    for name in ("auto", "strong"):
        augment = choose(name, data)
        assert augment.kind == kind
        changed, labels = augment(INPUTS[kind], LABELS, (1, 2))
        assert labels.numpy().tolist() == LABELS.tolist()
        assert (changed.numpy() != tf.constant(INPUTS[kind]).numpy()).any()
        assert from_config(json.loads(json.dumps(augment.get_config()))) == augment
    with pytest.raises(InputError, match="'digits' is for images; mine"):
        choose("digits", data)


def test_statistics_are_fitted_to_the_training_part():
    rows = RNG.normal(3, [1, 5, 0.1], (400, 3)).astype("float32")
    rows[:, 2] = rows[:, 2] > 3
    part = Part(rows, np.arange(400) % 5)
    data = dataclasses.replace(dataset_of("table"), train=part)
    noise, drop = choose("strong", data).steps
    expected = rows.astype("float64").std(axis=0)
    np.testing.assert_allclose(noise.deviations[:2], expected[:2], rtol=1e-12)
    assert noise.deviations[2] == 0  # yes or no
    np.testing.assert_allclose(drop.values, rows.mean(axis=0, dtype="float64"))
    given = FeatureNoise(0.1, (1, 2, 3))
    assert choose(given, data) is given


def test_noise_is_proportional_to_the_spread_of_each_column():
    rows = np.zeros((20000, 3))
    changed, _ = FeatureNoise(0.1, (1, 50, 0))(rows, np.zeros(20000), (1, 2))
    found = changed.numpy().std(axis=0)
    np.testing.assert_allclose(found, [0.1, 5, 0], rtol=0.02)
    correlation = np.corrcoef(changed.numpy()[:, :2].T)[0, 1]
    assert abs(correlation) < 0.03


def test_dropped_features_are_means_and_the_others_stay():
    rows = RNG.normal(size=(10000, 3))
    changed, _ = FeatureDrop(0.25).fitted(rows)(rows, np.zeros(10000), (1, 2))
    changed = changed.numpy()
    touched = changed != rows
    np.testing.assert_allclose(touched.mean(axis=0), 0.25, atol=0.02)
    means = np.broadcast_to(rows.mean(axis=0), rows.shape)
    np.testing.assert_array_equal(changed[touched], means[touched])
