"""Serves a small sentence model from a folder as OpenAI's /embeddings does, on this machine's cores, for measuring
search by meaning with a real model. Needs numpy, safetensors and tokenizers.

    python3 crates/bench/embeddings_endpoint.py <folder> [port]
    python3 crates/bench/embeddings_endpoint.py <folder> --reference    the vectors of crates/embeddings/tests/minilm.json

The folder holds config.json, model.safetensors and tokenizer.json of a BERT that was trained for mean pooling, such as
all-MiniLM-L6-v2. It prints the address it listens on."""

import json
import math
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

MOST_TOKENS = 256
LARGEST_REQUEST = 16 << 20


def gelu(x):
    # The error function to 1.5e-7 (Abramowitz and Stegun 7.1.26).
    y = np.abs(x) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * y)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-y * y))
    return 0.5 * x * (1 + erf)


class Model:
    def __init__(self, folder):
        self.weights = {name: value.astype(np.float32) for name, value in load_file(folder / "model.safetensors").items()}
        config = json.loads((folder / "config.json").read_text())
        self.layers, self.heads = config["num_hidden_layers"], config["num_attention_heads"]
        self.epsilon = config["layer_norm_eps"]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(MOST_TOKENS)
        self.tokenizer.enable_padding()

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        mean, spread = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        scaled = (x - mean) / np.sqrt(spread + self.epsilon)
        return scaled * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def vectors(self, texts):
        encoded = self.tokenizer.encode_batch(texts)
        ids = np.array([one.ids for one in encoded])
        mask = np.array([one.attention_mask for one in encoded], dtype=np.float32)
        count, length = ids.shape
        words, places, kinds = (
            self.weights[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")
        )
        x = self.norm(words[ids] + places[None, :length] + kinds[0], "embeddings.LayerNorm")
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}"
            split = lambda part: part.reshape(count, length, self.heads, -1).transpose(0, 2, 1, 3)
            query, key, value = (split(self.linear(x, f"{at}.attention.self.{one}")) for one in ("query", "key", "value"))
            scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(query.shape[-1])
            scores += (1 - mask)[:, None, None, :] * -1e9
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            seen = (scores @ value).transpose(0, 2, 1, 3).reshape(count, length, -1)
            x = self.norm(x + self.linear(seen, f"{at}.attention.output.dense"), f"{at}.attention.output.LayerNorm")
            inner = gelu(self.linear(x, f"{at}.intermediate.dense"))
            x = self.norm(x + self.linear(inner, f"{at}.output.dense"), f"{at}.output.LayerNorm")
        pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)


def handler(model):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers.get("content-length", 0))
            if not self.path.endswith("/embeddings") or length > LARGEST_REQUEST:
                return self.answer(404 if length <= LARGEST_REQUEST else 413, {"error": {"code": "not_served"}})
            try:
                asked = json.loads(self.rfile.read(length))
                texts = asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
                vectors = model.vectors([str(text) for text in texts])
            except (KeyError, TypeError, ValueError):
                return self.answer(400, {"error": {"code": "invalid_request"}})
            data = [{"object": "embedding", "index": at, "embedding": one.tolist()} for at, one in enumerate(vectors)]
            self.answer(200, {"object": "list", "model": asked.get("model"), "data": data})

        def answer(self, status, body):
            body = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


# What the tests of the local model compare: short, long, cut off, other scripts, odd characters.
REFERENCE = [
    "How do I get my money back?",
    "Customers on an annual plan who cancel within thirty days receive the full amount back.",
    "東京都には多くの美術館や公園があります。",
    "Übernachtungen werden gegen Belege erstattet. Crème brûlée & naïve café!",
    "x",
    "  tabs\tand\nlines, e-mail@example.org, 3.14159, ☂ and 🙂  ",
    " ".join(f"The pump number {number} was serviced in spring." for number in range(120)),
]


def main():
    model = Model(Path(sys.argv[1]))
    if sys.argv[2:] == ["--reference"]:
        made = zip(REFERENCE, model.vectors(REFERENCE))
        listed = [{"text": text, "vector": [round(float(number), 6) for number in vector]} for text, vector in made]
        Path(__file__).parent.parent.joinpath("embeddings/tests/minilm.json").write_text(
            "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in listed) + "\n]\n"
        )
        return
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), handler(model))
    print(f"http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
