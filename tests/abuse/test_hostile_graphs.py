"""SavedModels whose graph does more than compute are refused without effect."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import op_def_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.client import pywrap_tf_session

import recipes
import zoo
from tests.zoo.table_classifier import foreign_model
from zoo.errors import InputError
from zoo.loading import load_classifier

SECRET = "what the user wrote"


@pytest.fixture
def canary(tmp_path):
    """A user's file, which nothing may change; nothing else may appear beside it."""
    file = tmp_path / "home" / "canary.txt"
    file.parent.mkdir()
    file.write_text(SECRET)
    yield file
    assert file.read_text() == SECRET
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def saved(folder, effect, **module_parts):
    """Save a classifier whose graph has an effect besides its answer."""
    module = tf.Module()
    for name, part in module_parts.items():
        setattr(module, name, part)

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="rows")])
    def serve(rows):
        with tf.control_dependencies([effect(rows)]):
            return {"probabilities": tf.nn.softmax(rows)}

    module.serve = serve
    tf.saved_model.save(module, str(folder), signatures={"serving_default": serve})
    return folder


def copied(canary):
    return tf.io.write_file(str(canary) + ".copy", tf.io.read_file(str(canary)))


def in_a_branch(canary):
    return tf.cond(tf.random.uniform([]) < 2, lambda: copied(canary) and 1, lambda: 0)


def printed(canary):
    return tf.print("gone", output_stream=f"file://{canary}")


def from_python(function):
    return lambda canary: function(lambda: canary.write_text("gone"), [], tf.int64)


def in_a_dataset(canary):
    lines = tf.data.TextLineDataset(str(canary))
    return lines.reduce(tf.constant(""), lambda old, new: old + new)


EFFECTS = {  # what the graph does: (effect, an operation that the message names)
    "copies a file": (copied, "ReadFile"),
    "writes in a branch": (in_a_branch, "WriteFile"),
    "lists files": (lambda c: tf.io.matching_files(f"{c.parent}/*"), "MatchingFiles"),
    "prints to a file": (printed, "PrintV2"),
    "calls Python": (from_python(tf.py_function), "EagerPyFunc"),
    "calls NumPy": (from_python(tf.numpy_function), "PyFunc"),
    "reads a data set": (in_a_dataset, "TextLineDataset"),
    "saves": (
        lambda c: tf.raw_ops.SaveV2(
            prefix=f"{c}.ckpt",
            tensor_names=["a"],
            shape_and_slices=[""],
            tensors=[tf.ones(1)],
        ),
        "SaveV2",
    ),
    "restores": (
        lambda c: tf.raw_ops.RestoreV2(
            prefix=str(c),
            tensor_names=["a"],
            shape_and_slices=[""],
            dtypes=[tf.float32],
        )[0],
        "RestoreV2",
    ),
    "merges checkpoints": (
        lambda c: tf.raw_ops.MergeV2Checkpoints(
            checkpoint_prefixes=[str(c)], destination_prefix=f"{c}.merged"
        ),
        "MergeV2Checkpoints",
    ),
}


@pytest.mark.parametrize("effect, operation", EFFECTS.values(), ids=EFFECTS)
def test_a_graph_with_effects_is_refused(effect, operation, canary, tmp_path):
    folder = saved(tmp_path / "model", lambda rows: effect(canary))
    for read in (
        load_classifier,
        zoo.load_classifier,
        lambda path: recipes.evaluate(path, "xor"),
    ):
        with pytest.raises(InputError, match=rf"{operation} \(in .*--trust") as error:
            read(folder)
        assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def harmless(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("harmless") / "model", lambda rows: rows)


def with_graph(folder, source, change):
    """Copy the graph of a SavedModel with a change."""
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((source / "saved_model.pb").read_bytes())
    change(model.meta_graphs[0])
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    return folder


def test_a_harmless_graph_is_loaded(harmless):
    answers = load_classifier(harmless).probabilities(np.zeros((2, 4), "float32"))
    np.testing.assert_allclose(answers, 0.25)


def operations():
    """Every operation of the installed TensorFlow that names something outside."""
    buffer = pywrap_tf_session.TF_GetAllOpList()
    registered = op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(buffer))
    words = ("file", "path", "url", "address", "logdir", "memory_region", "token")
    words += ("descriptor_source", "directory", "destination", "host_name", "target")
    for operation in registered.op:
        given = [one.name for one in operation.input_arg if one.type == 7]
        given += [one.name for one in operation.attr if "string" in one.type]
        if any(word in name for name in given for word in words):
            yield operation.name


OTHERS = [
    *("Abort", "AnonymousIteratorV3", "CopyHost", "DebugIdentity", "DecodeProtoV2"),
    *("DistributedSave", "EncodeProto", "ImmutableConst", "IteratorGetNext"),
    *("NotRegistered", "OutfeedEnqueue", "Print", "PyFuncStateless", "QueueDequeueV2"),
    *("FileSystemSetConfiguration", "Recv", "RemoteCall", "Restore", "RpcCall", "Save"),
    *("SaveSlices", "Send", "SleepOp", "SymbolicGradient", "XlaCallModule", "_Recv"),
]


def reached(graph):
    """A function that signatures call: not TensorFlow's own for saving variables."""
    functions = graph.graph_def.library.function
    return next(f for f in functions if "__traced_" not in f.signature.name)


def test_no_operation_that_names_something_outside_is_allowed(harmless, tmp_path):
    names = sorted({*operations(), *OTHERS})
    assert len(names) > 70
    allowed = []
    for name in names:
        folder = with_graph(
            tmp_path / name,
            harmless,
            lambda graph, name=name: reached(graph).node_def.add(name="added", op=name),
        )
        try:
            load_classifier(folder)
        except InputError as error:
            if f"{name} (in " in str(error):
                continue
        allowed.append(name)
    assert allowed == []


def in_the_main_graph(graph):
    graph.graph_def.node.add(name="added", op="ReadFile")


def an_unknown_function(graph):
    node = graph.graph_def.library.function[0].node_def.add(name="a", op="MapDefun")
    node.attr["f"].func.name = "ReadFile"


def a_saver_that_a_signature_calls(graph):
    names = [f.signature.name for f in graph.graph_def.library.function]
    (saver,) = [name for name in names if "traced_save" in name]
    (entry,) = [
        f for f in graph.graph_def.library.function if "signature" in f.signature.name
    ]
    node = entry.node_def.add(name="added", op="StatefulPartitionedCall")
    node.attr["f"].func.name = saver


def a_saver_that_the_model_offers(graph):
    names = [f.signature.name for f in graph.graph_def.library.function]
    (saver,) = [name for name in names if "traced_save" in name]
    function = graph.object_graph_def.nodes.add().function
    function.concrete_functions.append(saver)


def an_asset_outside(graph):
    graph.asset_file_def.add(filename="../../canary.txt")


def an_absolute_asset(graph):
    graph.asset_file_def.add(filename="/etc/hostname")


def without_objects(graph):
    graph.ClearField("object_graph_def")


CHANGES = {  # change of the graph: part of the message
    in_the_main_graph: r"ReadFile \(in the graph\)",
    an_unknown_function: r"MapDefun of ReadFile \(in",
    a_saver_that_a_signature_calls: r"MergeV2Checkpoints|SaveV2|ShardedFilename",
    a_saver_that_the_model_offers: r"MergeV2Checkpoints|SaveV2|ShardedFilename",
    an_asset_outside: r"reads '\.\./\.\./canary\.txt', a file outside",
    an_absolute_asset: "reads '/etc/hostname', a file outside",
    without_objects: "was not written by TensorFlow 2",
}


@pytest.mark.parametrize(
    "change, message", CHANGES.items(), ids=[c.__name__ for c in CHANGES]
)
def test_a_changed_graph_is_refused(change, message, harmless, tmp_path):
    folder = with_graph(tmp_path / "model", harmless, change)
    with pytest.raises(InputError, match=message):
        load_classifier(folder)


def with_vocabulary(folder, file):
    """Save a classifier with a table that is read from a text file."""
    whole, line = (
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.lookup.TextFileIndex.LINE_NUMBER,
    )
    words = tf.lookup.TextFileInitializer(str(file), tf.string, whole, tf.int64, line)
    table = tf.lookup.StaticHashTable(words, -1)
    return saved(folder, lambda rows: table.lookup(tf.constant(["b"])), table=table)


def test_a_vocabulary_among_the_assets_is_read_and_one_outside_is_not(tmp_path):
    (tmp_path / "words.txt").write_text("a\nb\n")
    folder = with_vocabulary(tmp_path / "model", tmp_path / "words.txt")
    assert load_classifier(folder).kind == "table"

    def reads_a_constant(graph):
        for function in graph.graph_def.library.function:
            for node in function.node_def:
                if node.op == "InitializeTableFromTextFileV2":
                    node.input[1] = "path:output:0"

    changed = with_graph(tmp_path / "changed", folder, reads_a_constant)
    with pytest.raises(InputError, match="InitializeTableFromTextFileV2"):
        load_classifier(changed)
    asset = folder / "assets" / "words.txt"
    asset.unlink()
    asset.symlink_to(tmp_path / "words.txt")
    with pytest.raises(InputError, match="a file outside"):
        load_classifier(folder)


def test_a_trusted_graph_is_run(tmp_path):
    target = tmp_path / "written"
    folder = saved(tmp_path / "m", lambda rows: tf.io.write_file(str(target), "here"))
    classifier = load_classifier(folder, trusted=True)
    classifier.probabilities(np.zeros((2, 4), "float32"))
    assert target.read_text() == "here"


def test_trust_is_refused_where_no_code_is_ever_run(tmp_path):
    file = tmp_path / "model.keras"
    zoo.MLP((4,), 2, hidden_units=(2,)).save(file)
    with pytest.raises(InputError, match=r"is for SavedModels; .* holds a \.keras"):
        load_classifier(file, trusted=True)


def test_a_graph_that_fails_is_one_sentence(tmp_path):
    def answer(x):
        missing = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[4], shared_name="a")
        value = tf.raw_ops.ReadVariableOp(resource=missing, dtype=tf.float32)
        return {"probabilities": x + value}

    classifier = load_classifier(foreign_model(tmp_path / "m", answer))
    with pytest.raises(InputError, match=r"The model refuses the inputs: .*[^.]\.$"):
        classifier.probabilities(np.zeros((2, 4), "float32"))


def test_our_own_exports_need_no_trust():
    shipped = pathlib.Path(__file__).parents[2] / "saved_models"
    for folder in shipped.glob("*/1"):
        assert load_classifier(folder).class_names
