"""The learned heads: pictures and teacher texts into one space, by contrast (section 2 of the study, recipe (c) + h)."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import corpus as corpora


class Heads(nn.Module):
    def __init__(self, concept_vectors, mean, deviation, linear_start):
        super().__init__()
        dim = concept_vectors.shape[1]
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.gain = nn.Parameter(torch.tensor(2.0))
        self.sharp = nn.Parameter(torch.tensor(0.7))
        self.classes = nn.Parameter(concept_vectors.clone())
        self.linear = nn.Linear(1280, dim)
        self.linear.weight.data.copy_(linear_start)
        nn.init.zeros_(self.linear.bias)
        self.text_linear = nn.Parameter(torch.eye(dim))
        self.text_mlp = nn.Sequential(nn.Linear(dim, 512), nn.ReLU(), nn.Dropout(0.1), nn.Linear(512, dim))
        nn.init.normal_(self.text_mlp[3].weight, 0, 0.01)
        self.scale = nn.Parameter(torch.tensor(2.7))

    def picture(self, f, logits, dropout=0.1):
        x = (f - self.mean) / self.deviation
        s = logits * self.sharp
        s = torch.maximum(s, s.max(1, keepdim=True)[0] - 25)  # no denormal numbers: they are very slow
        e = self.gain * torch.softmax(s, 1) @ self.classes + self.linear(F.dropout(x, dropout, self.training))
        return F.normalize(e, dim=1)

    def text(self, z):
        return F.normalize(z @ self.text_linear + self.text_mlp(z), dim=1)


class Pictures:
    """Features by item: pseudo-features of the classes, real ones of the emoji (plain and augmented views)."""

    def __init__(self, pseudo, emoji_features, emoji_index, classifier):
        w, b = classifier
        self.features = torch.from_numpy(np.concatenate([pseudo.reshape(-1, 1280), emoji_features]))
        self.logits = self.features @ w.T + b
        per = pseudo.shape[1]
        owner = np.concatenate([np.repeat(np.arange(1000), per), 1000 + emoji_index[:, 0]])
        self.owner = torch.from_numpy(owner)
        order = np.argsort(owner, kind="stable")
        bounds = np.searchsorted(owner[order], np.arange(owner.max() + 2))
        self.rows_of = [order[a:b] for a, b in zip(bounds[:-1], bounds[1:])]

    def sample(self, items, rng):
        return torch.from_numpy(np.array([self.rows_of[i][rng.integers(len(self.rows_of[i]))] for i in items]))


def label_matrix(corpus, texts):
    m = np.zeros((len(texts), corpus.items), np.float32)
    for k, t in enumerate(texts):
        for i, weight in corpus.labels.get(t, {}).items():
            m[k, i] = weight
        node = corpus.wordnet.get(t)
        if node and t not in corpus.labels:
            for i in corpus.below[node]:
                m[k, i] = 1
    return torch.from_numpy(m)


def linear_start(concept_vectors, classifier, x, length=0.7):
    """The linear head begins as the classifier's logits (not their softmax) times the concept vectors: a map learnt on photographs."""
    deviation = x.std(0) + 0.05
    w = torch.from_numpy(concept_vectors - concept_vectors.mean(0)).T @ classifier * deviation
    return w * (length / (((x - x.mean(0)) / deviation) @ w.T).norm(dim=1).mean())


def train(corpus, z, pictures, concept_vectors, classifier, steps=450, seed=5, group_weight=1.0, dropout=0.4, decay=0.02, shrink=0.4, sharpen=1.3, log=print):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    texts = corpus.texts()
    index = {t: i for i, t in enumerate(texts)}
    zs = torch.from_numpy(np.stack([z[t] for t in texts]))
    labels = label_matrix(corpus, texts)

    # Texts for the group loss: names that hold for several items, and WordNet nouns with the items nearest to them.
    spread = labels.sum(1).numpy()
    groups = [i for i, t in enumerate(texts) if 2 <= spread[i] <= 900]
    group_weights = np.array([3.0 if t in corpus.super else 1.0 for t in (texts[i] for i in groups)])
    group_weights /= group_weights.sum()
    nouns = [t for t, node in sorted(corpus.wordnet.items()) if node and t not in index and 1 <= len(corpus.below[node]) <= 60]
    zn = torch.from_numpy(np.stack([z[t] for t in nouns]))
    noun_labels = label_matrix(corpus, nouns).bool()

    by_language = [[([], []), ([], [])] for _ in range(corpus.items)]
    for item, named in enumerate(corpus.item_texts):
        for t, weight in named:
            by_language[item][corpora.is_russian(t)][0].append(index[t])
            by_language[item][corpora.is_russian(t)][1].append(weight)
    for pair in by_language:
        for k in (0, 1):
            pair[k] = (np.array(pair[k][0]), np.array(pair[k][1]) / max(sum(pair[k][1]), 1e-9))

    pairs = [(index[r], [index[e] for e in row], np.array(list(row.values()))) for r, row in sorted(corpus.translations.items())]
    pairs = [(r, e, w) for r, e, w in pairs if e]
    best = []
    for r, e, w in pairs:  # the English name nearest to the Russian one
        cosine = (zs[e] @ zs[r]).numpy()
        best.append((r, e[int(np.argmax(cosine + 0.15 * np.log(w)))]))
    best = np.array(best)

    x = pictures.features
    heads = Heads(torch.from_numpy(concept_vectors), x.mean(0), x.std(0) + 0.05, linear_start(concept_vectors, classifier, x))
    optimiser = torch.optim.AdamW(heads.parameters(), 1e-3, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, total_steps=steps)
    classes, emoji = np.arange(1000), np.arange(1000, corpus.items)
    people = np.array([e["category"] in ("Smileys & Emotion", "People & Body") for e in corpus.emoji])
    emoji_weights = np.where(people, 0.25, 1.0) / np.where(people, 0.25, 1.0).sum()
    heads.train()
    for step in range(steps):
        items = np.concatenate([rng.choice(classes, 144, False), rng.choice(emoji, 144, False, emoji_weights)])
        rows = pictures.sample(items, rng)
        chosen = []
        for i in items:
            language = int(rng.random() < 0.5)
            candidates, weights = by_language[i][language]
            if not len(candidates):
                candidates, weights = by_language[i][1 - language]
            chosen.append(candidates[rng.choice(len(candidates), p=weights)])
        t_z = zs[chosen]
        p = heads.picture(x[rows], pictures.logits[rows], dropout)
        t = heads.text(t_z)
        positive = labels[chosen][:, items] > 0
        similar = (t_z @ t_z.T > 0.6) & ~positive
        scores = (heads.scale.exp() * t @ p.T).masked_fill(similar & ~torch.eye(len(items), dtype=torch.bool), -1e4)
        share = positive.float()
        loss = 0
        for s, q in ((scores, share), (scores.T, share.T)):
            loss = loss - (F.log_softmax(s, 1) * q).sum(1).div(q.sum(1)).mean() / 2
        # geometry of the teacher
        gram = ((t @ t.T - t_z @ t_z.T) ** 2).mean()
        # groups: names of several items against many random pictures
        many_items = np.concatenate([rng.choice(classes, 400, False), rng.choice(emoji, 300, False, emoji_weights)])
        many = pictures.sample(many_items, rng)
        g = rng.choice(groups, 96, False, p=group_weights)
        n = rng.choice(len(nouns), 48, False)
        gz = torch.cat([zs[g], zn[n]])
        gl = torch.cat([labels[g], noun_labels[n].float()])[:, many_items]
        gp = heads.picture(x[many], pictures.logits[many], dropout)
        gs = F.log_softmax(heads.scale.exp() * heads.text(gz) @ gp.T, 1)
        kept = gl.sum(1) > 0
        group = -((gs * gl).sum(1)[kept] / gl.sum(1)[kept])
        group = group - gl.sum(1)[kept].log()  # zero when the mass is spread evenly over the positives
        weight = torch.cat([torch.ones(96), 0.3 * torch.ones(48)])[kept]
        # translations
        b = best[rng.choice(len(best), 256, False)]
        tr, te = heads.text(zs[b[:, 0]]), heads.text(zs[b[:, 1]])
        same = torch.from_numpy(b[:, 1][:, None] == b[:, 1][None])
        a = (20 * tr @ te.T).masked_fill(same & ~torch.eye(len(b), dtype=torch.bool), -1e4)
        align = (F.cross_entropy(a, torch.arange(len(b))) + F.cross_entropy(a.T, torch.arange(len(b)))) / 2
        total = loss + 5 * gram + group_weight * (group * weight).sum() / weight.sum() * 0.5 + 0.1 * align
        optimiser.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(heads.parameters(), 5)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            log(f"teacher {step}: contrast {float(loss):.3f} gram {float(gram):.4f} group {float(group.mean()):.3f} align {float(align):.3f}"
                f" scale {float(heads.scale.exp()):.1f} sharp {float(heads.sharp):.2f} gain {float(heads.gain):.2f}")
    heads.eval()
    with torch.no_grad():  # the linear head fits emoji better than the world: on other pictures it does better at part of its length,
        # with the classes told apart more sharply (both chosen on the even split)
        heads.linear.weight *= shrink
        heads.linear.bias *= shrink
        heads.sharp *= sharpen
    return heads
