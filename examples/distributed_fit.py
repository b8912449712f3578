"""Train one net on several processes, each with its part of every batch.

    torchrun --nproc-per-node=2 -m examples.distributed_fit
    torchrun --nproc-per-node=2 -m examples.distributed_fit --backend nccl    # a GPU each

Pen strokes of digits (bundled, no network) are labelled only "0-4" or "5-9". All ranks train one
net with L_multi; rank 0 looks for the ten digits by KMeans.
"""

from __future__ import annotations

import argparse

import torch.distributed as dist
from sklearn.cluster import KMeans

from fa_sklearn import ForcedApartClassifier
from fa_sklearn.datasets import load_stroke_digits
from fa_sklearn.metrics import ami_score

GROUPS = {digit: "0-4" if digit < 5 else "5-9" for digit in range(10)}


def main() -> None:
    """Run as one rank."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=("gloo", "nccl"), default="gloo")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--samples", type=int, help="of the training split; default: all")
    args = parser.parse_args()

    dist.init_process_group(args.backend)
    try:
        digits = load_stroke_digits()
        net = ForcedApartClassifier(
            module_params={"cell": "gru", "hidden_size": 64, "bidirectional": True},
            n_components=15,
            label_groups=GROUPS,
            lr=0.005,
            batch_size=128,
            max_epochs=args.epochs,
            verbose=1,
            random_state=0,
        )
        # Every rank is given all samples, and takes its part of each batch itself.
        net.fit(digits.X_train[: args.samples], digits.y_train[: args.samples])
        if dist.get_rank() == 0:
            representation = net.transform(digits.X_test)
            clusters = KMeans(10, n_init=10, random_state=0).fit_predict(representation)
            print(f"{dist.get_world_size()} ranks on {net.net_.device.type}")
            print(f"coarse accuracy {net.score(digits.X_test, digits.y_test):.3f}")
            print(f"AMI of ten clusters with the digits {ami_score(digits.y_test, clusters):.3f}")
        # No rank takes its connections down while another still has work to do.
        dist.barrier()
    finally:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
