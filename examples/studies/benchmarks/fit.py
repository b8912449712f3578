"""`ForcedApartClassifier.fit` against a hand-written torch loop and a stock skorch net."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

from examples.studies import _markdown as markdown

from ._loop import LOSSES, image_moments, train
from ._measure import compare, device
from ._report import Goal, times_rows
from ._tasks import LR, N_COMPONENTS, Task, images, strokes, table

OURS, LOOP, SKORCH = "ours", "torch loop", "skorch"
FUSED, PADDED, PACKED = "skorch, fused Adam", "skorch, padded", "skorch, packed"
OURS_AUTO, LOOP_AUTO = "ours, precision='auto'", "torch loop, the same precision"


class Settings(NamedTuple):
    """Samples, epochs and rounds of each task."""

    table: tuple[int, int, int]
    strokes: tuple[int, int, int]
    images: tuple[int, int, int]


SETTINGS = {
    "full": Settings(table=(100_000, 3, 9), strokes=(10_000, 1, 5), images=(5_120, 1, 5)),
    "quick": Settings(table=(100_000, 1, 3), strokes=(2_048, 1, 2), images=(1_024, 1, 2)),
    "smoke": Settings(table=(512, 1, 1), strokes=(64, 1, 1), images=(64, 1, 1)),
}


class Criterion(nn.Module):
    """The loss as skorch calls it."""

    def __init__(self, penalty: str | None) -> None:
        super().__init__()
        self.loss = LOSSES[penalty]

    def forward(self, prediction: tuple[Tensor, Tensor], y: Tensor) -> Tensor:
        """Loss of a batch."""
        return self.loss(*prediction, y)


class PackedRNN(nn.Module):
    """The same recurrent net, its sequences packed instead of padded."""

    def __init__(
        self,
        input_shape: tuple[int | None, int],
        n_components: int,
        n_outputs: int,
        *,
        hidden_size: int,
    ) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_shape[1], hidden_size, batch_first=True)
        self.fc1 = nn.Linear(hidden_size, n_components)
        self.fc2 = nn.Linear(n_components, n_outputs)

    def forward(self, X: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and representation."""
        packed = pack_padded_sequence(X, lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, (state, _) = self.lstm(packed)
        h = torch.relu(self.fc1(state[-1]))
        return self.fc2(h), h


class StrokeDataset(torch.utils.data.Dataset):
    """Sequences one by one, as a DataLoader wants them."""

    def __init__(self, X: NDArray[Any], y: NDArray[np.int64]) -> None:
        self.X, self.y = X, y

    def __len__(self) -> int:
        return len(self.X)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return torch.from_numpy(self.X[i]), int(self.y[i])


def collate(items: list[tuple[Tensor, int]]) -> tuple[dict[str, Tensor], Tensor]:
    """Pad the sequences of a batch to its longest."""
    sequences, labels = zip(*items, strict=True)
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    X = pad_sequence(list(sequences), batch_first=True)
    return {"X": X, "lengths": lengths}, torch.tensor(labels)


def fit_skorch(task: Task, module: type[nn.Module] | None = None, **parameters: Any) -> NeuralNet:
    """Train the task's net, or another, with skorch as it comes."""
    net = NeuralNet(
        module or task.module,
        module__input_shape=task.input_shape,
        module__n_components=N_COMPONENTS,
        module__n_outputs=1,
        **{f"module__{key}": value for key, value in task.module_params.items()},
        criterion=Criterion,
        criterion__penalty=task.penalty,
        optimizer=torch.optim.Adam,
        lr=LR,
        max_epochs=task.max_epochs,
        batch_size=task.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
        device=device(),
        **parameters,
    )
    if task.kind == "sequence":
        net.set_params(iterator_train__collate_fn=collate)
        return net.fit(StrokeDataset(task.X, task.y), None)
    return net.fit(as_arrays(task), task.y)


def as_arrays(task: Task) -> NDArray[np.float32]:
    """Whole X as the net takes it: what a stock net has to be given."""
    if task.kind == "table":
        return task.X
    mean, scale = (value.numpy() for value in image_moments(task.X))
    standardized = (task.X.astype(np.float32) - mean) / scale
    return np.ascontiguousarray(standardized.transpose(0, 3, 1, 2))


def contenders(task: Task) -> dict[str, Callable[[], object]]:
    """All ways to train a task, in float32 unless their name says otherwise."""
    found: dict[str, Callable[[], object]] = {
        OURS: lambda: task.estimator(precision="float32").fit(task.X, task.y),
        LOOP: lambda: train(task),
    }
    if task.kind == "sequence":
        found[PADDED] = lambda: fit_skorch(task)
        found[PACKED] = lambda: fit_skorch(task, PackedRNN)
    else:
        found[SKORCH] = lambda: fit_skorch(task)
    if task.kind == "table":
        found[FUSED] = lambda: fit_skorch(task, optimizer__fused=True)
    dtype = automatic_dtype(task)
    if dtype != torch.float32:
        found[OURS_AUTO] = lambda: task.estimator().fit(task.X, task.y)
        found[LOOP_AUTO] = lambda: train(task, dtype)
    return found


def automatic_dtype(task: Task) -> torch.dtype:
    """What `precision="auto"` chooses here for the task's net."""
    head = task.head(8)
    return head.estimator().fit(head.X, head.y).net_.dtype


def run(size: str) -> dict[str, Any]:
    """Measure every task; tables also without the penalty, whose cost all contenders share."""
    cases = []
    settings = SETTINGS[size]
    for make, penalty, (n, epochs, repeats) in (
        (table, "multi", settings.table),
        (table, None, settings.table),
        (strokes, "multi", settings.strokes),
        (images, "multi", settings.images),
    ):
        task = replace(make(n, epochs=epochs), penalty=penalty)
        times = compare(
            contenders(task),
            OURS,
            repeats,
            warm_up=contenders(task.head(2 * task.batch_size)),
        )
        cases.append(
            {
                "task": task.describe(),
                "precision": "float32",
                "auto_precision": str(automatic_dtype(task)).removeprefix("torch."),
                "device": device().type,
                **times,
            }
        )
        print(f"  {task.kind}: {times['seconds']}", flush=True)
    return {"cases": cases}


def goals(result: dict[str, Any]) -> list[Goal]:
    """Collect the ratios that fit is to reach."""
    found = []
    for case in result["cases"]:
        kind, what = case["task"]["kind"], case["task"]["name"]
        what += "" if case["task"]["penalty"] else ", no penalty"
        ratios = {name: spread["median"] for name, spread in case["ratios"].items()}
        found.append(Goal(f"fit, {what}: ours / torch loop", 1 / ratios[LOOP], 1.05, False))
        for name, bound in ((SKORCH, 2), (PADDED, 3), (PACKED, 5)):
            if name in ratios and (kind, name) != ("image", SKORCH):
                found.append(Goal(f"fit, {what}: {name} / ours", ratios[name], bound, True))
        for name, bound in ((PADDED, 3), (PACKED, 5)):
            if name in ratios and OURS_AUTO in ratios:
                ratio = ratios[name] / ratios[OURS_AUTO]
                found.append(Goal(f"fit, {what}: {name} / {OURS_AUTO}", ratio, bound, True))
    return found


def caption(case: dict[str, Any]) -> str:
    """Say what a table shows."""
    task = case["task"]
    options = ", ".join(f"{key} {value}" for key, value in task["module_params"].items())
    return (
        f"{task['name'].capitalize()} ({task['source']}), {task['n_samples']:,} samples, "
        f"{task['net']}{f' ({options})' if options else ''}, "
        f"{'L_multi' if task['penalty'] else 'no penalty'}, batch {task['batch_size']}, epochs: "
        f"{task['epochs']}, {case['device'].upper()}; {case['precision']} unless a name says "
        f"otherwise, and `precision='auto'` is {case['auto_precision']} here."
    )


def render(result: dict[str, Any]) -> list[str]:
    """Lines of the page."""
    lines = [
        "## Fit",
        "",
        "The same net, loss, learning rate, batch size and number of epochs. The torch loop is "
        "written by hand for the one task: the estimator's batches and fused Adam, no validation "
        "of the input. skorch is a stock `NeuralNet` with its DataLoader and torch's default "
        "Adam.",
        "",
    ]
    header = ("contender", "time / ours", "lowest – highest", "time")
    for case in result["cases"]:
        lines += [caption(case), "", markdown.table(header, times_rows(case)), ""]
    return lines
