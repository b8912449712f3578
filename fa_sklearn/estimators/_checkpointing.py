"""What a fit of an estimator depends on, and its checkpoint."""

from __future__ import annotations

from typing import Any

from .._training import (
    FitCheckpoints,
    ForcedApartNet,
    LabelledSamples,
    describe_net,
    group_is_up,
    has_fast_bfloat16,
    resolve_device,
)

# They change nothing in the net, or are taken up in another form.
_NOT_COMPARED = {"checkpoint_dir", "verbose", "warm_start", "random_state", "device"}


def checkpointed(
    estimator: Any,
    X: Any,
    data: LabelledSamples,
    seed: int | None,
    net: ForcedApartNet | None,
) -> FitCheckpoints:
    """Open the checkpoint of a fit."""
    if group_is_up():
        raise ValueError(
            "checkpoint_dir does not work in a process group, whose ranks would wait for each "
            "other's files: set it to None, and save the estimator after each of several fits "
            "with warm_start=True."
        )
    parameters = estimator.get_params(deep=False)
    parts: dict[str, Any] = {
        name: value for name, value in parameters.items() if name not in _NOT_COMPARED
    }
    device = resolve_device(estimator.device) if net is None else net.device
    parts |= {"device": str(device), "fast_bfloat16": has_fast_bfloat16(device)}
    parts |= {"estimator": type(estimator), "data": data, "seed": seed}
    if X is not None:
        parts["X"] = X
    if net is not None:
        parts |= {"net_": describe_net(net), "split_seed": estimator._split_seed}
    return FitCheckpoints(
        estimator.checkpoint_dir, parts, repeatable=estimator.random_state is not None
    )
