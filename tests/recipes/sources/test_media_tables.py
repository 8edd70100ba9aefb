"""Tables and data sets that name images and audio, or hold them: what comes out."""

import io

import datasets
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.io import wavfile

import recipes
from zoo.errors import InputError

COUNT = 20
RATE = 8_000
LABELS = ["cat" if n % 2 else "dog" for n in range(COUNT)]


def png(n):
    buffer = io.BytesIO()
    Image.new("RGB", (4, 5), (12 * n, 0, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def wav(n):
    buffer = io.BytesIO()
    wavfile.write(buffer, RATE, np.full(50, 1000 * (n + 1), "int16"))
    return buffer.getvalue()


def txt(n):
    return f"{n}. film\n".encode()


CONTENTS = {"png": png, "PNG": png, "wav": wav, "txt": txt}


def write_files(folder, names):
    for n, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENTS[name.rpartition(".")[2]](n))
    return folder


def names(pattern):
    return [pattern.format(f"{n:02}", LABELS[n]) for n in range(COUNT)]


def write_table(path, column, cells, label="label", **others):
    table = pd.DataFrame({column: cells, label: LABELS, **others})
    if path.suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    return path


def in_folder(table, column, files, cells, **others):
    """A folder with files and a table that names them; what is given is the table."""

    def write(folder):
        write_files(folder, names(files))
        return write_table(folder / table, column, names(cells), **others)

    return write


def hugging_face_folder(table, files="{}.png", **others):
    def write(folder):
        in_folder(table, "file_name", files, files, **others)(folder)
        return folder

    return write


def hugging_face(feature, content, suffix):
    def make(folder):
        cells = [{"bytes": content(n), "path": f"{n}.{suffix}"} for n in range(COUNT)]
        classes = datasets.ClassLabel(names=["dog", "bird", "cat"])
        data = datasets.Dataset.from_dict({"media": cells, "label": LABELS})
        data = data.add_column("other", LABELS).cast_column("other", classes)
        return data.cast_column("media", feature).cast_column("label", classes)

    return make


def hugging_face_parquet(folder):
    make = hugging_face(datasets.Image(), png, "png")
    make(folder).to_parquet(folder / "data.parquet")
    return folder / "data.parquet"


SIZE = {"width": [4] * COUNT}
IMAGES, AUDIO = ("images", (5, 4, 3)), ("audio", (50,))
TEXTS = ("text", ())
# Name: what is written and given, kind and shape, part of a note.
INPUTS = {
    "CSV beside its images": (
        in_folder("a.csv", "file", "{}.png", "{}.png"),
        *IMAGES,
        None,
    ),
    "CSV above its images": (
        in_folder("a.csv", "file", "photos/{}.png", "photos/{}.png"),
        *IMAGES,
        None,
    ),
    "images in a folder that the CSV does not name": (
        in_folder("a.csv", "file", "photos/{}.png", "{}.png"),
        *IMAGES,
        None,
    ),
    "images in the folders of their classes": (
        in_folder("a.csv", "file", "photos/{1}/{0}.png", "{}.png"),
        *IMAGES,
        None,
    ),
    "names without suffix": (
        in_folder("train.csv", "id", "train/x{}.png", "x{}"),
        *IMAGES,
        None,
    ),
    "numbers with zeros, capital suffix": (
        in_folder("train.csv", "image_id", "train/{}.PNG", "{}"),
        *IMAGES,
        None,
    ),
    "other columns": (
        in_folder("a.csv", "file", "{}.png", "{}.png", **SIZE),
        *IMAGES,
        "columns other than the images are not used: 'width'",
    ),
    "parquet of names": (
        in_folder("a.parquet", "file", "{}.png", "{}.png"),
        *IMAGES,
        None,
    ),
    "CSV of audio": (
        in_folder("a.csv", "file_name", "clips/{}.wav", "{}.wav"),
        *AUDIO,
        None,
    ),
    "metadata.csv": (hugging_face_folder("metadata.csv", **SIZE), *IMAGES, "width"),
    "metadata.jsonl": (hugging_face_folder("metadata.jsonl"), *IMAGES, None),
    "metadata.parquet": (hugging_face_folder("metadata.parquet"), *IMAGES, None),
    "metadata.csv of audio": (
        hugging_face_folder("metadata.csv", "{}.wav"),
        *AUDIO,
        None,
    ),
    "texts in a folder": (
        in_folder("labels.csv", "file", "texts/{}.txt", "{}.txt"),
        *TEXTS,
        None,
    ),
    "texts and metadata.csv": (
        hugging_face_folder("metadata.csv", "{}.txt"),
        *TEXTS,
        None,
    ),
    "frame of paths": (
        lambda folder: pd.DataFrame(
            {
                "path": [
                    *map(str, sorted(write_files(folder, names("{}.png")).iterdir()))
                ]
            }
        ).assign(label=LABELS),
        *IMAGES,
        None,
    ),
    "frame of Pillow's images": (
        lambda folder: pd.DataFrame(
            {"image": [Image.open(io.BytesIO(png(n))) for n in range(COUNT)]}
        ).assign(label=LABELS),
        *IMAGES,
        None,
    ),
    "frame of bytes": (
        lambda folder: {"image": [png(n) for n in range(COUNT)], "label": LABELS},
        *IMAGES,
        None,
    ),
    "Image of Hugging Face": (
        hugging_face(datasets.Image(), png, "png"),
        *IMAGES,
        None,
    ),
    "Audio of Hugging Face": (
        hugging_face(datasets.Audio(), wav, "wav"),
        *AUDIO,
        None,
    ),
    "parquet of Hugging Face": (hugging_face_parquet, *IMAGES, None),
}


NUMBERS = {  # of the example, from the first value of its input
    "images": lambda values: values // 12,
    "audio": lambda values: np.rint(values * 32.768) - 1,
    "text": lambda values: np.array([int(text.split(".")[0]) for text in values]),
}


@pytest.mark.parametrize("write, kind, shape, note", INPUTS.values(), ids=INPUTS)
def test_files_stay_with_their_labels(write, kind, shape, note, tmp_path):
    dataset = recipes.load(write(tmp_path))
    assert (dataset.kind, dataset.input_shape) == (kind, shape)
    assert {*dataset.class_names} == {"cat", "dog"}
    numbers = []
    for part in (dataset.train, dataset.validation, dataset.test):
        values = part.inputs.reshape(len(part), -1)[:, 0]
        n = NUMBERS[kind](values)
        found = [dataset.class_names[label] for label in part.labels]
        assert found == [LABELS[int(number)] for number in n]
        numbers += n.tolist()
    assert sorted(numbers) == [*range(COUNT)]
    assert note is None or any(note in told for told in dataset.notes)
    roles = {role.name: role.role for role in dataset.roles}
    assert kind.removesuffix("s") in roles.values()


def test_classes_of_hugging_face_keep_their_order(tmp_path):
    dataset = recipes.load(hugging_face(datasets.Image(), png, "png")(tmp_path))
    assert dataset.class_names == ("dog", "cat")


def test_columns_of_hugging_face_are_a_table():
    columns = {"size": [*range(COUNT)], "label": [n % 2 for n in range(COUNT)]}
    columns["label"][3] = -1
    features = datasets.Features(
        {
            "size": datasets.Value("int32"),
            "label": datasets.ClassLabel(names=["no", "yes"]),
        }
    )
    data = datasets.Dataset.from_dict(columns, features).select(range(1, COUNT))
    dataset = recipes.load(data)
    assert (dataset.kind, dataset.class_names) == ("table", ("no", "yes"))
    assert any(note.startswith("1 of 19 examples are left") for note in dataset.notes)


@pytest.mark.parametrize("table", ["metadata.csv", "metadata.jsonl"])
def test_parts_have_metadata_of_their_own(table, tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
        hugging_face_folder(table)(tmp_path / part)
    dataset = recipes.load(tmp_path, target=["label"])
    assert dataset.kind == "images"
    assert len(dataset.test) == COUNT
    assert len(dataset.train) + len(dataset.validation) == COUNT
    assert dataset.origin["source"] == str(tmp_path)


def rows_of(cells):
    return lambda folder: write_table(
        write_files(folder, names("{}.png")) / "a.csv", "file", cells
    )


MISSING = ["", *names("{}.png")[1:]]
REFUSED = {
    "outside": (rows_of(["../x.png", *MISSING[1:]]), r"line 2.*outside the folder"),
    "missing": (rows_of(["x.png", *MISSING[1:]]), r"line 2.*there is no file .*x\.png"),
    "two": (
        in_folder("a.csv", "file", "{}.png", "{}.png", image=names("{}.png")),
        "several columns of files, 'file' and 'image'",
    ),
    "two of one name": (
        lambda folder: write_table(
            write_files(folder, names("{}.png") + names("a/b/{}.png")) / "a.csv",
            "file",
            names("c/{}.png"),
        ),
        r"line 2.*there is no file .*c/00\.png; there are 2 of that name",
    ),
}


@pytest.mark.parametrize("write, message", REFUSED.values(), ids=REFUSED)
def test_tables_whose_files_are_not_there_are_refused(write, message, tmp_path):
    with pytest.raises(InputError, match=message):
        recipes.load(write(tmp_path))


def test_rows_without_a_file_are_left_out_and_told(tmp_path):
    dataset = recipes.load(rows_of(MISSING)(tmp_path))
    note = "1 of 20 examples are left out because their image is missing"
    assert any(told.startswith(note) for told in dataset.notes)


def test_a_table_that_is_not_about_its_ids_stays_a_table(tmp_path):
    path = write_table(tmp_path / "a.csv", "id", [*range(COUNT)], **SIZE)
    assert recipes.load(path).kind == "table"


def test_a_folder_without_classes_points_to_its_table(tmp_path):
    rows_of(names("{}.png"))(tmp_path)
    with pytest.raises(
        InputError, match=r"or give the table that names them, .*a\.csv"
    ):
        recipes.load(tmp_path)
