"""Embeds all texts of the training with the teacher once (build/starter/e5.npz)."""
import corpus
import e5


def everything(c):
    """All texts whose teacher vectors the training asks for."""
    return sorted(set(c.texts()) | set(c.wordnet) | set(c.vocabulary()) | {p for p, _ in c.phrases()})


if __name__ == "__main__":
    e5.embed(everything(corpus.Corpus()))
