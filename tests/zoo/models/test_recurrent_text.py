"""Text inputs of the recurrent network, and vocabularies."""

import keras
import numpy as np
import pytest

from zoo.models.recurrent import RecurrentNetwork, learn_vocabulary
from zoo.models.recurrent.vocabulary import Codec

BACKEND = keras.backend.backend()
WORDS = ["good", "bad", "film", "!"]


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only TensorFlow has strings")
class TestText:
    def model(self, **given):
        keras.utils.set_random_seed(0)
        arguments = {
            "inputs": "text",
            "vocabulary": WORDS,
            "num_classes": 2,
            "units": 4,
            "dropout": 0.0,
        }
        return RecurrentNetwork(**{**arguments, **given})

    def test_accepts_lists_arrays_and_tensors_of_strings(self):
        import tensorflow as tf

        texts = ["Good film!", "bad", "ein schlechter Film"]
        model = self.model(bidirectional=True)
        expected = model.predict(texts, verbose=0)
        for given in (np.array(texts), np.array(texts, object), tf.constant(texts)):
            np.testing.assert_array_equal(model.predict(given, verbose=0), expected)
            np.testing.assert_allclose(model(given), expected, rtol=1e-5)

    def test_outputs_do_not_depend_on_other_texts(self):
        model = self.model(pooling="max", bidirectional=True)
        together = model.predict(["good", "bad film ! !", ""], verbose=0)
        alone = [
            model.predict([text], verbose=0) for text in ("good", "bad film!!", "")
        ]
        np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5)

    def test_tokens_of_equals_the_lookup_in_the_model(self):
        model = self.model()
        texts = ["GOOD, good\u00a0film", "Bäd film!"]
        inside = model.get_layer("tokens")(np.array(texts, object))
        assert inside.numpy().tolist() == model.tokens_of(texts).tolist()
        assert inside.numpy().tolist() == [[2, 1, 2, 4], [1, 4, 5, 0]]

    def test_trains_saves_and_loads(self, tmp_path):
        model = self.model(class_names=["no", "yes"], dropout=0.5)
        model.compile("adam", "sparse_categorical_crossentropy")
        texts = ["good film", "bad film", "good", "bad"]
        model.fit(
            texts,
            np.array([1, 0, 1, 0]),
            validation_data=(texts, np.array([1, 0, 1, 0])),
            verbose=0,
        )
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
        assert loaded.class_names == ("no", "yes")
        np.testing.assert_array_equal(
            loaded.predict(texts, verbose=0), model.predict(texts, verbose=0)
        )

    def test_saved_model_accepts_strings(self, tmp_path):
        import tensorflow as tf

        model = self.model(max_length=3, use_cudnn=False)
        archive = keras.export.ExportArchive()
        archive.track(model.get_layer("tokens"))
        archive.add_endpoint(
            "serve", lambda texts: model(texts), [tf.TensorSpec([None], tf.string)]
        )
        archive.write_out(str(tmp_path / "saved"), verbose=False)
        loaded = tf.saved_model.load(tmp_path / "saved")
        texts = ["good bad film", "good"]
        np.testing.assert_allclose(
            loaded.serve(tf.constant(texts)), model.predict(texts, verbose=0), rtol=1e-5
        )
        with pytest.raises(tf.errors.InvalidArgumentError, match="between 1 and 3"):
            loaded.serve(tf.constant(["good bad film !"]))

    def test_learns_to_classify_texts(self):
        rng = np.random.default_rng(0)
        labels = rng.integers(0, 2, 200)
        texts = [
            " ".join(rng.permutation([["awful", "great"][label], "the", "film"]))
            for label in labels
        ]
        vocabulary = learn_vocabulary(texts)
        model = self.model(vocabulary=vocabulary, units=8)
        model.compile(
            keras.optimizers.Adam(0.05),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        history = model.fit(texts, labels, epochs=5, verbose=0)
        assert history.history["accuracy"][-1] > 0.99


@pytest.mark.skipif(BACKEND == "tensorflow", reason="TensorFlow has strings")
def test_text_needs_tensorflow():
    with pytest.raises(ValueError, match="KERAS_BACKEND=tensorflow"):
        RecurrentNetwork(num_classes=2, inputs="text", vocabulary=WORDS)


class TestVocabulary:
    def test_entries_are_in_order_of_frequency_and_alphabet(self):
        assert learn_vocabulary(["b a", "c a"]) == ["a", "b", "c"]
        assert learn_vocabulary(["ba", "ca"], size=2, split="character") == ["a", "b"]
        with pytest.raises(ValueError, match="at least one word"):
            learn_vocabulary([" "])
        with pytest.raises(ValueError, match="size"):
            learn_vocabulary(["a"], size=0)

    def test_codec_round_trip(self):
        codec = Codec(["the", "film", "."], "word")
        tokens = codec.tokens(["The film.", "a film"])
        assert tokens.tolist() == [[2, 3, 4], [1, 3, 0]]
        assert codec.texts(tokens) == ["the film .", "\ufffd film"]
        letters = Codec(list("né "), "character")
        assert letters.texts(letters.tokens(["né né"])) == ["né né"]
