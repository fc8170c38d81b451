"""Where everything lies. All working files go below build/starter/ (ignored by git)."""
import os

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(TOOLS))
WORK = os.environ.get("STARTER_WORK", os.path.join(ROOT, "build", "starter"))
LEXICON = os.path.join(TOOLS, "lexicon")
MODEL = os.path.join(ROOT, "models", "starter")
GOLDEN = os.path.join(ROOT, "tests", "golden", "starter")


def work(*parts):
    """A path below build/starter/, its folder made."""
    path = os.path.join(WORK, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def package(*parts):
    return os.path.join(WORK, "pkg", *parts)


def npm(*parts):
    return os.path.join(WORK, "npm", "node_modules", *parts)
