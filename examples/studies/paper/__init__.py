"""The paper's experiments on its data sets, with the library's public estimators."""
