"""Labels and names."""

from __future__ import annotations

from contra.topology.names import assign_names, longest_name


def names(*labels: str, limit: int = 10) -> list[str]:
    return assign_names(labels, [limit] * len(labels))


def test_interfaces_have_fifteen_characters():
    for port in (1, 9, 10, 99, 100, 509):
        assert longest_name(port) <= 10
        assert len("x" * longest_name(port) + f"-eth{port}") <= 15
    assert [longest_name(p) for p in (9, 10, 100)] == [10, 9, 8]


def test_legal_labels_are_their_own_names():
    assert names("A", "s1", "a1_2", "_x", "Washington") == ["A", "s1", "a1_2", "_x", "Washington"]


def test_others_are_made_legal():
    assert names("New York", "São Paulo", "10.0.0.1", "a-b.c") == ["NewYork", "SaoPaulo", "s10001", "ABC"]


def test_nothing_to_make_a_name_of():
    assert names("東京", "---", "!") == ["s", "s_2", "s_3"]


def test_words_of_p4_are_no_names():
    assert names("table", "apply") == ["table_2", "apply_2"]


def test_cut_names_stay_unique():
    cut = names("Frankfurt am Main 1", "Frankfurt am Main 2", "FrankfurtA")
    assert cut[2] == "FrankfurtA"
    assert len(set(cut)) == 3
    assert all(len(name) <= 10 for name in cut)


def test_a_made_name_is_never_another_label():
    assert names("New York", "NewYork") == ["NewYork_2", "NewYork"]


def test_names_differ_by_more_than_case():
    assert names("core", "Core", "CORE") == ["core", "Core_2", "CORE_3"]


def test_ten_thousand_equal_beginnings():
    made = names(*(f"a very long name of switch number {i}" for i in range(10_000)))
    assert len({name.lower() for name in made}) == 10_000
    assert max(map(len, made)) <= 10
