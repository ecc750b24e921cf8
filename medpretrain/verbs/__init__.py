"""The verbs of the command line, by what they are about. What a verb does lives in its own module; here stand only its words."""

from medpretrain.verbs import cluster, data, deidentify, model, tokenizer

VERBS = (*data.VERBS, *deidentify.VERBS, *tokenizer.VERBS, *model.VERBS, *cluster.VERBS)
