"""
A report of fine classes
========================

Fine classes are numbers until somebody looks at them. A report shows them to people who know the
data, not the method: how reliable each class is, what is typical of it, and what sets it apart.
"""

# %%
# Wines, of which the label says only whether they are of the second cultivar. The finder looks
# inside each label for two fine classes, and repeats this on halves of the wines.

from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fa_sklearn import FineClassFinder
from fa_sklearn.inspection import EmbeddingDisplay, FineClassReport

wine = load_wine(as_frame=True)
label = ["second" if cultivar == 1 else "other" for cultivar in wine.target]
finder = FineClassFinder(PCA(5), n_clusters=2, random_state=0)
pipeline = make_pipeline(StandardScaler(), finder).fit(wine.data, label)

# %%
# The report reads the wines as they were measured, before they are scaled. ``save`` writes one
# file of HTML, which opens in any browser; in a notebook the report shows itself.

report = FineClassReport.from_estimator(pipeline, wine.data, label)
with TemporaryDirectory() as folder:
    file = Path(folder, "wines.html")
    report.save(file)
    print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")

# %%
# The same as a table. "other" is two cultivars, "second" is one: its halves are found again less
# often.

frame = report.to_frame().set_index("class")
print(frame[["size", "stability", "reliability"]].round(2))
for name, differences in report.differences.items():
    column, _, effect, *_ = differences[0]
    print(f"{name}: {column} {effect:+.1f} standard deviations")

# %%
# The map of one coarse class, drawn by matplotlib.

EmbeddingDisplay.from_estimator(
    pipeline, wine.data, label, fine_labels=pipeline[-1].labels_, only="other"
)
plt.show()
