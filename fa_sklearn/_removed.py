"""Names that the package had: each raises an error that says what takes its place."""

import sys
from typing import NoReturn

# A name is listed for one release, and in the table under "Removed" in CHANGELOG.md.
REMOVED = {
    "fa_sklearn.callbacks": "use skorch.callbacks.TensorBoard, as in docs/watching.md",
    "fa_sklearn.inspection.ClusterCountDisplay": "copy examples/gallery/plot_cluster_count.py, "
    "which draws it",
    "fa_sklearn.inspection.MarginDisplay": "copy examples/gallery/plot_search.py, which draws it",
    "fa_sklearn.inspection.TrainingHistoryDisplay": "draw pandas.DataFrame(net_.history), as in "
    "docs/watching.md",
    "fa_sklearn.losses.DIVERGENCES": "pass a divergence by its name, or a function",
    "fa_sklearn.losses.HingeTerm": "use LossTerm, or MultilayerLoss and SingleLayerLoss",
    "fa_sklearn.losses.Penalty": "write the type out: str | LossTerm | list of (name, LossTerm)",
    "fa_sklearn.losses.TERMS": "pass a penalty by its name, or as a LossTerm",
    "fa_sklearn.losses.consistency_loss": "call a term, as in ConsistencyLoss()(h, h_view)",
    "fa_sklearn.losses.contrast_loss": "call a term, as in ContrastLoss()(h, h_view)",
    "fa_sklearn.losses.decov_loss": "call a term, as in DeCovLoss()(h)",
    "fa_sklearn.losses.multilayer_loss": "call a term, as in MultilayerLoss()(h, y)",
    "fa_sklearn.losses.resolve_penalty": "make the term itself, as in MultilayerLoss()",
    "fa_sklearn.losses.single_layer_loss": "call a term, as in SingleLayerLoss()(weight)",
    "fa_sklearn.losses.xcov_loss": "call a term, as in XCovLoss()(h, y_prob)",
    "fa_sklearn.metrics.within_class_silhouette_score": "use within_class_modularity_score, or "
    "sklearn.metrics.silhouette_samples of each coarse class",
    "fa_sklearn.model_selection.SilhouetteScorer": "use ModularityScorer, which ranks better",
    "fa_sklearn.model_selection.StabilityScorer": "use ModularityScorer, or compare two fits by "
    "within_class_ami_score",
    "fa_sklearn.modules.AUTOENCODER_MODULES": "pass a module by its name, or as a class",
    "fa_sklearn.modules.CLASSIFIER_MODULES": "pass a module by its name, or as a class",
    "fa_sklearn.modules.ForcedApartAutoencoderModule": "read docs/extending.md",
    "fa_sklearn.modules.ForcedApartModule": "read docs/extending.md",
    "fa_sklearn.modules.RecurrentEncoder": "use RNN, or torch.nn.LSTM in a module of your own",
    "fa_sklearn.modules.check_module_arguments": "fit an estimator, which checks its module",
    "fa_sklearn.modules.check_module_class": "fit an estimator, which checks its module",
    "fa_sklearn.modules.check_module_output": "fit an estimator, which checks its module",
    "fa_sklearn.modules.resolve_module": "import the class, as in fa_sklearn.modules.MLP",
    "fa_sklearn.preprocessing.HellingerTransformer": "use sklearn.preprocessing.Normalizer, or "
    "FunctionTransformer(lambda h: np.sqrt(softmax(h, axis=1)))",
    "fa_sklearn.views.Pairing": "read docs/extending.md, a class needs no base",
    "fa_sklearn.views.VIEWS": "pass views by their name, or as NeighborViews()",
    "fa_sklearn.views.resolve_views": "make the views themselves, as in NeighborViews()",
}


def refuse_removed_names(package: str) -> None:
    """Let a package answer for the names that it no longer has."""

    def __getattr__(name: str) -> NoReturn:
        if instead := REMOVED.get(f"{package}.{name}"):
            # Of an AttributeError `from package import name` would drop the message.
            raise ImportError(f"{package}.{name} was removed: {instead}.")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    sys.modules[package].__dict__["__getattr__"] = __getattr__
