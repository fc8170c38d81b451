"""The frozen tower's features of all emoji pictures -> build/starter/emoji.npz (with the dequantised int8 weights)."""
import numpy as np
import onnxruntime

import emoji
import paths
import tower
import views


def session():
    path = paths.work("lite0.onnx")
    tower.onnx_features(path, tower.quantised_tensors())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    return onnxruntime.InferenceSession(path, options)


def run(net, pictures):
    return net.run(None, {"x": views.normalised(np.stack(pictures))})[0]


def main():
    net, rows, index, batch = session(), [], [], []
    for i, s, augmented, picture in emoji.pixels(emoji.items()):
        index.append((i, s, augmented))
        batch.append(picture)
        if len(batch) == 64:
            rows.append(run(net, batch))
            batch = []
            if len(rows) % 40 == 0:
                print(f"features: {len(rows) * 64} pictures", flush=True)
    if batch:
        rows.append(run(net, batch))
    np.savez(paths.work("emoji.npz"), features=np.concatenate(rows).astype(np.float32), index=np.array(index, np.int32))


if __name__ == "__main__":
    main()
