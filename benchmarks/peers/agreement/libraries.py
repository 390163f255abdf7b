"""The reference libraries on codes, each called the fastest way that was found; codes [raters, items], -1 for no rating."""

import numpy as np


def cohen_by_scikit_learn(codes):
    from sklearn.metrics import cohen_kappa_score

    return cohen_kappa_score(codes[0], codes[1])


def fleiss_by_statsmodels(codes):
    """Counts by item made here: `aggregate_raters` takes several times as long as the kappa."""
    from statsmodels.stats.inter_rater import fleiss_kappa

    return fleiss_kappa(counted(codes))


def alpha_by_krippendorff(codes):
    """From counts by item, as its documentation advises for speed."""
    import krippendorff

    return krippendorff.alpha(value_counts=counted(codes), level_of_measurement="nominal")


def counted(codes):
    """How often each item got each label, [items, labels]."""
    labels = int(codes.max()) + 1
    return np.stack([(codes == label).sum(axis=0) for label in range(labels)], axis=1)


BEST = {
    "cohen-kappa": cohen_by_scikit_learn,
    "fleiss-kappa": fleiss_by_statsmodels,
    "krippendorff-alpha": alpha_by_krippendorff,
}
