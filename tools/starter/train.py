#!/usr/bin/env python3
"""Trains the starter from what fetch.sh brought: features, teacher, student, quantised files. See README.md."""
import os
import time

import numpy as np
import torch

import artefact
import colours
import corpus as corpora
import paths
import pseudo
import quantise
import space as spaces
import student
import teacher
import texts
import tower

TAU, CONCEPT_WEIGHT, PSEUDO, PHOTOGRAPHS = 2.0, 0.45, 6, True  # chosen on the even split of the stamps
START = time.time()


def log(line):
    print(f"[{time.time() - START:6.0f} s] {line}", flush=True)


def prepare():
    """Everything that the trained parts read: corpus, z of all texts, pictures, quantised tower tensors."""
    corpus = corpora.Corpus()
    space = spaces.Space(corpus)
    everything = texts.everything(corpus)
    z = dict(zip(everything, space.z(everything)))
    tensors = tower.quantised_tensors()
    with np.load(paths.work("emoji.npz")) as f:
        features, index = f["features"], f["index"]
    made = pseudo.make(features, tensors, PSEUDO, pseudo.photograph_mean(*tower.head_norm()) if PHOTOGRAPHS else None)
    pictures = teacher.Pictures(made, features, index, pseudo.classifier(tensors))
    return corpus, z, tensors, pictures


def picture_tensors(tensors, concept, heads):
    """The picture heads as int8 tensors; T' with its gain, the linear head with the normalisation of features folded in."""
    def put(name, w, bias=None):
        tensors[name + ".weight"], tensors[name + ".scale"] = quantise.int8_rows(w)
        if bias is not None:
            tensors[name + ".bias"] = bias.astype(np.float32)

    put("picture.concept", (concept - concept.mean(0)).T)
    with torch.no_grad():
        put("picture.learned.class", (heads.gain * heads.classes).T.numpy())
        w = heads.linear.weight / heads.deviation
        put("picture.learned.linear", w.numpy(), (heads.linear.bias - w @ heads.mean).numpy())


def colour_tensors(tensors):
    tensors["picture.colour.table"], tensors["picture.colour.window"] = colours.table(), colours.window()


def text_tensors(tensors, tower_):
    with torch.no_grad():
        tensors["text.table.weight"], tensors["text.table.scale"] = quantise.int4_table(tower_.table.numpy())
        tensors["text.known"] = tower_.known
        tensors["text.pool"] = tower_.pool.numpy().astype(np.float32)
        for name, w, bias in (("text.proj", tower_.proj.weight, None), ("text.mlp.0", tower_.mlp0.weight, tower_.mlp0.bias), ("text.mlp.1", tower_.mlp1.weight, tower_.mlp1.bias)):
            tensors[name + ".weight"], tensors[name + ".scale"] = quantise.int8_rows(w.numpy())
            if bias is not None:
                tensors[name + ".bias"] = bias.numpy().astype(np.float32)


def picture_vectors(tensors, config, features):
    """The final vectors of feature rows, with the quantised heads and without colours."""
    t = tower.Tower(tensors)
    with torch.no_grad():
        f = torch.as_tensor(features)
        for _, vector in t.heads(f, torch.nn.functional.linear(f, *t.w["classifier"]), config["picture"]):
            pass
        return vector.numpy()


def main():
    torch.set_num_threads(1)  # two threads wait for each other as soon as anything else runs
    corpus, z, tensors, pictures = prepare()
    log("corpus, features and teacher texts are ready")
    concept = spaces.class_vectors(corpus, z)
    heads = teacher.train(corpus, z, pictures, concept, pseudo.classifier(tensors)[0], log=log)
    picture_tensors(tensors, concept, heads)
    colour_tensors(tensors)
    config = artefact.config(TAU, float(heads.sharp.detach()), CONCEPT_WEIGHT)
    vectors = picture_vectors(tensors, config, pictures.features)
    meaning = student.meanings(corpus, z, heads, CONCEPT_WEIGHT, student.prototypes(corpus, pictures.owner.numpy(), vectors))
    tower_ = student.train(corpus, meaning, vectors, log=log)
    text_tensors(tensors, tower_)
    folder = os.environ.get("STARTER_OUT", paths.MODEL)
    artefact.save(folder, config, tensors)
    log(f"written: {folder}")


if __name__ == "__main__":
    main()
