"""Refuses SavedModels whose graph could reach outside of its tensors.

A SavedModel is a program. TensorFlow has operations that read and write files, open
connections, call Python, or end the process, and a graph from a stranger may hold any
of them. The graph is read here as data, before TensorFlow loads it.
"""

import pathlib
import re
from collections.abc import Iterator
from typing import Any

from zoo.errors import InputError

# Operations whose result depends on their inputs alone are allowed, except those of
# these names: they touch files or devices, call functions outside the graph, or abort.
_REFUSED = re.compile(
    "_|.*(Dataset|Reader|File|PyFunc|Debug|Proto|Xla|TPU|Tpu|DTensor|Mesh|Remote|Queue"
    "|Barrier|Summary|Snapshot|Checkpoint|ShardedFilename|Nccl|Iterator|Restore|Save|Session|VocabRemapping)"
    "|(Abort|Copy|CopyHost|CustomAggregator|ImmutableConst|MlirPassthroughOp"
    "|SymbolicGradient)$"
)
# Of the others, these are allowed: variables, tables in memory, random numbers, checks.
_STATEFUL = re.compile(
    "(VarHandleOp|ReadVariableOp|Assign(Add|Sub)?VariableOp|VarIsInitializedOp"
    "|VariableShape|DestroyResourceOp|DisableCopyOnRead|IsResourceHandleRefCounting"
    r"|Resource(Gather|Scatter|Apply|SparseApply|StridedSliceAssign)\w*"
    "|(Stateful)?PartitionedCall|If|While|Case|Assert|CheckNumerics(V2)?|GuaranteeConst"
    r"|(Anonymous)?(Mutable)?(Dense)?HashTable\w*|InitializeTableV2"
    "|LookupTable(Find|Import|Export|Insert|Remove|Size)V2|Empty|DeviceIndex"
    r"|TensorArray\w*|CudnnRNN\w*|Random(Uniform|UniformInt|StandardNormal|Shuffle"
    "|Gamma|Poisson|PoissonV2|Crop)|(Parameterized)?TruncatedNormal|Multinomial"
    r"|Stateful(Uniform|StandardNormal|TruncatedNormal|RandomBinomial)\w*|Rng(Skip"
    "|ReadAndSkip)|NonDeterministicInts|StatelessRandomGetAlg"
    "|SampleDistortedBoundingBox(V2)?)$"
)
# What TensorFlow's own functions for saving and restoring variables consist of.
_SAVER = {"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"}


def refuse_unsafe_graph(folder: pathlib.Path) -> None:
    """Refuses a SavedModel that could do anything but compute.

    Allowed are operations whose result depends on their inputs alone, and variables,
    tables in memory, random numbers and checks. The operations that save and restore
    variables are allowed only where TensorFlow itself puts them, which no signature
    reaches. Vocabularies of text files are allowed if they are assets of the folder.

    Raises:
        InputError: With the operations that are not allowed, and where they are.
        OSError: If the folder has no readable graph.
    """
    from tensorflow.python.saved_model.loader_impl import parse_saved_model

    graphs = parse_saved_model(str(folder)).meta_graphs
    if len(graphs) != 1 or not graphs[0].HasField("object_graph_def"):
        raise _unsafe(folder, "was not written by TensorFlow 2, so its graph")
    found = sorted(set(_unsafe_operations(graphs[0])))
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise _unsafe(folder, f"holds {', '.join(found[:5])}{more}, which")
    assets = folder.resolve() / "assets"
    for asset in graphs[0].asset_file_def:
        if not (assets / asset.filename).resolve().is_relative_to(assets):
            raise _unsafe(folder, f"reads {asset.filename!r}, a file outside, which")


def _unsafe(folder: pathlib.Path, reason: str) -> InputError:
    return InputError(
        f"The SavedModel {folder} {reason} could read or write files or run other "
        "code. If you know who made it, allow that with trusted=True (--trust)."
    )


def _unsafe_operations(graph: Any) -> Iterator[str]:
    """Each operation that is not allowed, with the function that it is in."""
    library = graph.graph_def.library.function
    functions = [(function.signature.name, function.node_def) for function in library]
    names = {name for name, _ in functions}
    called = {
        name
        for _, nodes in functions
        for node in nodes
        for name in (node.op, *_functions_of(node))
    }
    savers = names - called - set(_entries(graph.object_graph_def))
    vocabularies = set(_asset_arguments(graph))
    for function, nodes in [("", graph.graph_def.node), *functions]:
        for node in nodes:
            unknown = sorted(set(_functions_of(node)) - names)
            if node.op in _SAVER:
                allowed = function in savers
            elif node.op == "InitializeTableFromTextFileV2" and function not in called:
                allowed = (function, *node.input[1:2]) in vocabularies
            else:
                allowed = _is_allowed(node, names)
            if unknown or not allowed:
                operation = " of ".join([node.op, *unknown])
                yield f"{operation} (in {function or 'the graph'})"


def _functions_of(node: Any) -> Iterator[str]:
    """Names of the functions that a node may call."""
    for value in node.attr.values():
        if value.HasField("func"):
            yield value.func.name
        yield from (function.name for function in value.list.func)


def _is_allowed(node: Any, functions: set[str]) -> bool:
    from tensorflow.python.framework import op_def_registry

    definition = op_def_registry.get(node.op)
    if definition is None:
        return node.op in functions
    if node.op == "PrintV2":
        return not node.attr["output_stream"].s.startswith(b"file:")
    if definition.is_stateful:
        return _STATEFUL.match(node.op) is not None
    return _REFUSED.match(node.op) is None


def _entries(objects: Any) -> Iterator[str]:
    """The functions that loading the SavedModel, or its user, can call."""
    yield from objects.concrete_functions
    for node in objects.nodes:
        yield from node.function.concrete_functions
        yield node.bare_concrete_function.concrete_function_name


def _asset_arguments(graph: Any) -> Iterator[tuple[str, str]]:
    """Functions that nobody gives arguments, with each argument that is an asset."""
    objects = graph.object_graph_def
    names = {
        f.signature.name: [argument.name for argument in f.signature.input_arg]
        for f in graph.graph_def.library.function
    }
    for name, function in objects.concrete_functions.items():
        signature = function.canonicalized_input_signature.tuple_value.values
        if not any(
            part.tuple_value.values or part.dict_value.fields for part in signature
        ):
            for argument, node in zip(names.get(name, ()), function.bound_inputs):  # noqa: B905
                if objects.nodes[node].HasField("asset"):
                    yield name, argument
