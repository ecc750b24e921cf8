"""The model card of an export: a README of facts, in the form that Hugging Face shows. It claims nothing that was not counted."""

from __future__ import annotations

from medpretrain.eval.load import SavedRun
from medpretrain.release.mapping import form_of

_CARD = """\
---
library_name: transformers
pipeline_tag: text-generation
---

# {name}

A causal language model of {parameters:,} parameters ({architecture} architecture), pretrained from random weights with medpretrain.

|  |  |
|---|---|
| recipe | {recipe} |
| trained | {step:,} steps, {tokens:,} tokens |
| parameters | {parameters:,} |
| layers, hidden size | {layers}, {hidden:,} |
| query heads, key-value heads, head size | {heads}, {kv_heads}, {head_size} |
| MLP | {activation}, width {ffn:,} |
| norm, biases of linear layers | {norm}, {biases} |
| vocabulary | {vocabulary:,} tokens |
| embedding and output head | {embeddings} |
| longest row in training | {seq_len:,} tokens |
| weights in this directory | {dtype} |
| computed in during training | {precision} |

`manifest.json` names the checkpoint and the tokenizer that this was made from and holds a checksum of every file. Before publication
the logits of this directory, loaded with transformers, were compared with those of the checkpoint.

## What it is not

It is not a chatbot, not a medical device and not a retrieval system. It predicts the next token of medical text and nothing else: it
was not trained to follow instructions, to be right, or to refuse. Nothing it writes may be used for the care of a patient.

## Use

A document is `<s> text </s>`. The tokenizer adds neither, and a literal `<s>` in a text stays text, as in training, so the start is
given by its id:

```python
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained("PATH")
tokenizer = AutoTokenizer.from_pretrained("PATH")
ids = torch.tensor([[tokenizer.bos_token_id, *tokenizer("[FINDINGS] The heart is").input_ids]])
print(tokenizer.decode(model.generate(ids, max_new_tokens=100)[0], skip_special_tokens=True))
```
"""


def model_card(saved: SavedRun, dtype: str, num_parameters: int) -> str:
    """The README.md of an export of `saved` in `dtype` (002-02); `num_parameters` without the vocabulary's padding."""
    model = saved.settings
    return _CARD.format(
        name=saved.recipe["name"],
        parameters=num_parameters,
        recipe=saved.recipe["name"],
        step=saved.step,
        tokens=saved.consumed_tokens,
        layers=model.num_layers,
        hidden=model.hidden_size,
        heads=model.num_heads,
        kv_heads=model.num_kv_heads,
        head_size=model.head_size,
        ffn=model.ffn_size,
        architecture=form_of(model).title,
        activation={"swiglu": "SwiGLU", "gelu": "GELU"}[model.activation],
        norm={"rmsnorm": "RMSNorm", "layernorm": "LayerNorm"}[model.norm],
        biases="yes" if model.biases else "none",
        vocabulary=model.vocab_size,
        embeddings="one weight for both (tied)" if model.tied_embeddings else "a weight each (untied)",
        seq_len=saved.seq_len,
        dtype=dtype,
        precision=saved.recipe["precision"],
    )
