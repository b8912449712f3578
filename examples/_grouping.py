"""The coarse labels of the paper's experiments."""


class LowerHalf:
    """The first half of the classes against the second; a class, so that it can be pickled."""

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes

    def __call__(self, label: int) -> bool:
        return label < self.n_classes // 2


def is_odd(label: int) -> bool:
    """Group the classes by turns."""
    return label % 2 == 1
