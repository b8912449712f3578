"""Double-loop float64 implementations of every loss formula, from plain Python arithmetic."""

import math

import numpy as np

DIVERGENCES = ("kl", "js", "jeffreys", "hellinger")


def log_softmax(row):
    """Log-probabilities of one row of logits, as a list."""
    values = [float(v) for v in row]
    top = max(values)
    log_total = math.log(math.fsum(math.exp(v - top) for v in values))
    return [v - top - log_total for v in values]


def log_mean(log_a, log_b):
    """Logarithm of (a + b) / 2, from log a and log b."""
    return max(log_a, log_b) + math.log1p(math.exp(-abs(log_a - log_b))) - math.log(2.0)


def kl(log_p, log_q):
    """sum_r p_r (log p_r - log q_r)."""
    total = 0.0
    for r in range(len(log_p)):
        total += math.exp(log_p[r]) * (log_p[r] - log_q[r])
    return total


def js(log_p, log_q):
    """(KL(p || M) + KL(q || M)) / 2 with M = (p + q) / 2."""
    log_m = [log_mean(log_p[r], log_q[r]) for r in range(len(log_p))]
    return (kl(log_p, log_m) + kl(log_q, log_m)) / 2


def jeffreys(log_p, log_q):
    """KL(p || q) + KL(q || p)."""
    return kl(log_p, log_q) + kl(log_q, log_p)


def hellinger(log_p, log_q):
    """1 - sum_r sqrt(p_r q_r)."""
    total = 0.0
    for r in range(len(log_p)):
        total += math.sqrt(math.exp(log_p[r])) * math.sqrt(math.exp(log_q[r]))
    return 1.0 - total


_FORMULAS = {"kl": kl, "js": js, "jeffreys": jeffreys, "hellinger": hellinger}


def divergence_matrix(h, divergence="kl"):
    """D[i, j] = D(softmax(h_i) || softmax(h_j))."""
    formula = _FORMULAS[divergence]
    log_p = [log_softmax(row) for row in np.asarray(h)]
    n = len(log_p)
    result = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            result[i, j] = formula(log_p[i], log_p[j])
    return result


def hinge(margin, distance):
    """f = max(0, m - D)."""
    return max(0.0, margin - distance)


def single(weight, margin, divergence="kl"):
    """Equations 5 to 7: sum over i < j of f(d_i, d_j) + f(d_j, d_i)."""
    formula = _FORMULAS[divergence]
    log_d = [log_softmax(row) for row in np.asarray(weight)]
    total = 0.0
    for i in range(len(log_d)):
        for j in range(i + 1, len(log_d)):
            total += hinge(margin, formula(log_d[i], log_d[j]))
            total += hinge(margin, formula(log_d[j], log_d[i]))
    return total


def multi(h, y=None, margin=1.0, divergence="kl", normalization="group", sample_weight=None):
    """Equations 8 and 9 (10 with y=None), over all ordered pairs, those with i = j included."""
    formula = _FORMULAS[divergence]
    log_p = [log_softmax(row) for row in np.asarray(h)]
    n = len(log_p)
    label = [0] * n if y is None else [int(v) for v in y]
    w = [1.0] * n if sample_weight is None else [float(v) for v in sample_weight]
    size = {}
    for i in range(n):
        size[label[i]] = size.get(label[i], 0.0) + w[i]
    pairs = sum(value**2 for value in size.values())
    total = 0.0
    for i in range(n):
        for j in range(n):
            if label[i] != label[j] or w[i] * w[j] == 0.0:
                continue
            f_ij = hinge(margin, formula(log_p[i], log_p[j]))
            f_ji = hinge(margin, formula(log_p[j], log_p[i]))
            divisor = size[label[i]] ** 2 if normalization == "group" else pairs
            total += w[i] * w[j] * (f_ij + f_ji) / divisor
    return total


def column_means(x, w):
    """Weighted mean of every column, as a list."""
    means = []
    for a in range(x.shape[1]):
        total = 0.0
        for i in range(x.shape[0]):
            total += w[i] * float(x[i, a])
        means.append(total / sum(w))
    return means


def cross_covariance(x, z, sample_weight=None):
    """Covariance of every column of x with every column of z, divisor N = sum of weights."""
    x, z = np.asarray(x, dtype=np.float64), np.asarray(z, dtype=np.float64)
    w = [1.0] * len(x) if sample_weight is None else [float(v) for v in sample_weight]
    mean_x, mean_z = column_means(x, w), column_means(z, w)
    result = np.zeros((x.shape[1], z.shape[1]))
    for a in range(x.shape[1]):
        for b in range(z.shape[1]):
            for i in range(x.shape[0]):
                result[a, b] += w[i] * (x[i, a] - mean_x[a]) * (z[i, b] - mean_z[b])
            result[a, b] /= sum(w)
    return result


def decov(h, sample_weight=None):
    """0.5 * (squared Frobenius norm of C - squared norm of its diagonal)."""
    c = cross_covariance(h, h, sample_weight)
    total = 0.0
    for a in range(c.shape[0]):
        for b in range(c.shape[1]):
            if a != b:
                total += c[a, b] ** 2
    return 0.5 * total


def xcov(h, y_prob, sample_weight=None):
    """0.5 * sum of the squared covariances between predicted probabilities and h."""
    c = cross_covariance(y_prob, h, sample_weight)
    total = 0.0
    for a in range(c.shape[0]):
        for b in range(c.shape[1]):
            total += c[a, b] ** 2
    return 0.5 * total


def contrast(h, h_view, y=None, temperature=0.2, sample_weight=None):
    """NT-Xent: each row of both views against its partner and all other rows of its label."""
    rows = [[float(v) for v in row] for row in [*np.asarray(h), *np.asarray(h_view)]]
    n = len(rows) // 2
    unit = [[v / math.sqrt(math.fsum(u * u for u in row)) for v in row] for row in rows]
    weight = [1.0] * n if sample_weight is None else [float(v) for v in sample_weight]
    above = [w for w in weight if w > 0]
    weight = [w * len(above) / math.fsum(above) for w in weight]
    total = 0.0
    for i in range(2 * n):
        partner = (i + n) % (2 * n)
        terms = []
        for j in range(2 * n):
            same = y is None or int(y[i % n]) == int(y[j % n])
            if j == i or not (same or j == partner):
                continue
            cosine = math.fsum(a * b for a, b in zip(unit[i], unit[j], strict=True))
            value = math.exp(cosine / temperature)
            terms.append(value if j == partner else weight[j % n] * value)
            if j == partner:
                positive = value
        total -= weight[i % n] * math.log(positive / math.fsum(terms))
    return total / (2 * math.fsum(weight))
