"""
Fine classes in one call
========================

1,797 digits on 8 x 8 pixels, of which the label says only whether they are below 5. Which fine
classes are inside, and how sure is that?
"""

# %%
# ``fit`` compares the pixels with what a net learns from the label and from neighbours, chooses
# how many fine classes each label has, and repeats all that on halves of the samples.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from fa_sklearn import FineClassFinder
from fa_sklearn.inspection import EmbeddingDisplay
from fa_sklearn.metrics import ami_score

X, digit = load_digits(return_X_y=True)
X_train, X_test, digit_train, digit_test = train_test_split(
    X, digit, test_size=0.3, stratify=digit, random_state=0
)
y_train = np.where(digit_train < 5, "low", "high")
finder = FineClassFinder(n_repeats=2, random_state=0).fit(X_train, y_train)
print(finder.summary_.to_frame().round(2).to_string(index=False))

# %%
# New digits, whose label is predicted first. The digits themselves serve as a check.

found = finder.predict(X_test)
print(f"AMI {ami_score(digit_test, found):.2f}")
print(pd.crosstab(digit_test, found, rownames=["digit"], colnames=["found"]).to_string())

# %%
# Where a class mixes two digits, the stability above is lowest. Once somebody has looked at its
# samples, a class can have a name, which new samples get.

name = finder.predict(X_test[digit_test == 0][:1])[0]
finder.rename({name: "zero"})
print(finder.predict(X_test[digit_test == 0][:3]))

# %%
# The samples of one label, in the space in which classes were sought. Some refit puts those that
# are ringed into another class: look at them first.

own = y_train == "low"
points = finder.transform(X_train[own])
display = EmbeddingDisplay.from_predictions(points, finder.labels_[own])
display.ax_.scatter(
    *display.coordinates[finder.borderline_[own]].T, s=40, facecolors="none", edgecolors="black"
)
plt.show()
