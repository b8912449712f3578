"""Scores of a clustering against the fine classes, and scorers for model selection."""

from ._scorers import ami_scorer, fine_label_scorer, nmi_scorer
from ._scores import ami_score, nmi_score

__all__ = ["ami_score", "ami_scorer", "fine_label_scorer", "nmi_score", "nmi_scorer"]
