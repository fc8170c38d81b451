"""The text space z (teacher vectors, language mean off, PCA, half whitening) and the concept vectors of the classes in it."""
import numpy as np

import artefact
import corpus as corpora
import e5
import lexicon


def unit(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-9)


class Space:
    def __init__(self, corpus, dim=artefact.CONCEPT):
        texts = corpus.texts()
        rows = e5.embed(texts)
        russian = np.array([corpora.is_russian(t) for t in texts])
        self.means = {r: rows[russian == r].mean(0) for r in (False, True)}
        centred = unit(rows - np.where(russian[:, None], self.means[True], self.means[False]))
        values, vectors = np.linalg.eigh(np.cov(centred.T))
        order = np.argsort(-values)[:dim]
        self.project = (vectors[:, order] * values[order] ** -0.25).astype(np.float32)

    def z(self, texts):
        rows = e5.embed(list(texts))
        russian = np.array([corpora.is_russian(t) for t in texts])
        centred = unit(rows - np.where(russian[:, None], self.means[True], self.means[False]))
        return unit(centred @ self.project).astype(np.float32)


def class_vectors(corpus, z, upper=0.3, decay=0.75):
    """T [1000, dim]: mean of a class's names in both languages and of up to 4 named ancestors. z: {text: vector}."""
    named = {w: en[:2] + ru[:2] for w, en, ru, *_ in lexicon.nodes()}
    out = []
    for wnid, en, ru, *_ in corpus.classes:
        vector = np.zeros(len(next(iter(z.values()))), np.float32)
        for names in (en, ru):
            weights = decay ** np.arange(len(names))
            vector += (weights[:, None] * np.stack([z[n] for n in names])).sum(0) / weights.sum()
        ancestors = [a for a in corpus.wn.ancestors(wnid) if a in named and len([i for i in corpus.below.get(a, ()) if i < 1000]) <= 250][:4]
        for k, a in enumerate(ancestors):
            vector += 2 * upper ** (k + 1) * np.mean([z[n] for n in named[a]], axis=0)
        out.append(vector)
    return unit(np.stack(out))
