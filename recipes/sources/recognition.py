"""What is at a location: how each source recognises its data."""

from recipes.sources.location import Location
from recipes.sources.tables.table_format import is_table


def tfds_names() -> tuple[str, ...]:
    """The names of all data sets of TensorFlow Datasets."""
    from recipes.sources.records.tfds import names

    return tuple(sorted(names()))


def holds_records(location: Location) -> bool:
    """Whether it is a TFRecord file, or a folder of them."""
    from recipes.sources.records import tfrecords

    return location.path.exists() and tfrecords.holds_records(location.path)


def holds_arrays(location: Location) -> bool:
    """Whether it is a folder of `.npy` files."""
    if not location.path.is_dir():
        return False
    from recipes.sources.arrays.mapped import npy_files

    return bool(npy_files(location.path))


def holds_labelled_steps(location: Location) -> bool:
    """Whether it holds sequences with a label at each step."""
    from recipes.sources.steps.tagged_files import tagged_files

    return bool(tagged_files(location.path))


def holds_table(location: Location) -> bool:
    """Whether it is a table, or a folder with the files of one."""
    if not is_table(location.path):
        return False
    from recipes.sources.steps.tagged_files import are_lists, tagged_files

    files = tagged_files(location.path).values()
    return not any(are_lists(file) for file in files)


def holds_continuous_text(location: Location) -> bool:
    """Whether it is a text without labels, or a folder of them."""
    if not location.path.is_dir():
        return location.has_suffix(".txt")
    from recipes.sources.texts.continuous_text import holds_loose_texts

    return holds_loose_texts(location.path)


def holds_metadata(location: Location) -> bool:
    """Whether it is a folder with a table of its files."""
    from recipes.sources.files import metadata_folder

    return metadata_folder.holds_metadata(location.path)


def is_frame(location: Location) -> bool:
    """Whether it is a data frame or a dictionary of columns."""
    from recipes.sources.tables import frames

    return location.in_memory and frames.is_frame(location.given)
