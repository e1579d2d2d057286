"""Evidence put into rows, and evidence on cells that are missing."""

import numpy as np

from regan.data.conditions.evidence import Evidence
from regan.data.conditions.missing import of_present
from regan.data.lacking import Lacking


def evidence():
    """Two numbers, and blocks of two and three levels."""
    own = Evidence.none(3, 2, (2, 3))
    own.low[0], own.high[0] = [1.0, 2.0], [1.0, 5.0]
    own.allowed[0] = [True, False, False, True, False]
    own.allowed[1] = [False, True, False, True, False]
    own.low[1], own.high[1] = 7.0, 7.0
    return own


def test_what_is_known_is_put_into_rows():
    rows = np.arange(21.0).reshape(3, 7)
    kept = evidence().kept(rows)
    np.testing.assert_array_equal(kept[0], [1.0, 1.0, 1, 0, 0, 1, 0])
    np.testing.assert_array_equal(kept[1], [7.0, 7.0, 0, 1, 0, 1, 0])
    np.testing.assert_array_equal(kept[2], rows[2])
    np.testing.assert_array_equal(rows, np.arange(21.0).reshape(3, 7))


def test_nothing_is_known_of_cells_that_are_missing_for_sure():
    """Level 1 of the first block says that number 1 and the second block are missing."""
    lost = Lacking(0, (1,))
    own = of_present(evidence(), (None, lost), (None, lost))
    np.testing.assert_array_equal(own.low, [[1.0, 2.0], [7.0, -np.inf], [-np.inf, -np.inf]])
    np.testing.assert_array_equal(own.high, [[1.0, 5.0], [7.0, np.inf], [np.inf, np.inf]])
    np.testing.assert_array_equal(own.codes, [[0, 1], [1, -1], [-1, -1]])
