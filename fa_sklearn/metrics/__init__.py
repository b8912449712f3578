"""Scores of a clustering against the fine classes or without them, and scorers for selection."""

from .._removed import refuse_removed_names
from ._scorers import ami_scorer, fine_label_scorer, nmi_scorer
from ._scores import ami_score, nmi_score
from ._within_class import within_class_ami_score, within_class_modularity_score

__all__ = [
    "ami_score",
    "ami_scorer",
    "fine_label_scorer",
    "nmi_score",
    "nmi_scorer",
    "within_class_ami_score",
    "within_class_modularity_score",
]

refuse_removed_names(__name__)
