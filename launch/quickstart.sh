#!/usr/bin/env bash
# The whole life of a model, in one script to read: raw text -> corpus -> tokenizer -> packed shards -> a model trained on 4 processes
# (tensor parallel 2, data parallel 2, ZeRO-3), killed on the way and resumed by the same command -> evaluated -> exported to Hugging Face
# form -> writing a report -> the run in pictures. `make quickstart` runs it; DATA=notes.jsonl.gz does the same with your own JSON lines.
#
#   DATA   a .jsonl(.gz|.zst) file or a directory of such files (default: synthetic radiology reports, made here)
#   WORK   where everything goes (default: runs/quickstart, or runs/quickstart-data; removed and made anew)
#   STEPS  optimizer steps (default: 160)
#   HELDOUT_SHARE  of the documents (default: 0.02; a small DATA needs more)
set -euo pipefail
cd "$(dirname "$0")/.."

DATA=${DATA:-}
WORK=${WORK:-runs/quickstart${DATA:+-data}}
STEPS=${STEPS:-160}
HELDOUT_SHARE=${HELDOUT_SHARE:-0.02}
SEQ_LEN=512
export DS_ACCELERATOR=cpu # DeepSpeed would look for GPUs first

SECONDS=0
STARTED=0
TABLE=()
launcher=
trap '[ -z "$launcher" ] || kill "$launcher" 2>/dev/null || true' EXIT
say() { printf '\n== %s\n' "$*"; }
made() { # what, where, a word on it: a line of the closing table, with the seconds since the last one
  TABLE+=("$(printf '%-24s %-38s %5d s   %s' "$1" "$2" $((SECONDS - STARTED)) "$3")")
  STARTED=$SECONDS
}
value() { # FILE KEY...: a value of a JSON file
  python -c 'import json,sys; v=json.load(open(sys.argv[1])); [v := v[int(k) if isinstance(v,list) else k] for k in sys.argv[2:]]; print(f"{v:,}" if isinstance(v,int) else f"{v:.3f}" if isinstance(v,float) else v)' "$@"
}
last_step() { # the last step in the metrics of the run, 0 before there is one
  python -c 'import json,sys,pathlib; p=pathlib.Path(sys.argv[1]); print(max([json.loads(l)["step"] for l in p.read_text().splitlines()] if p.exists() else [], default=0))' "$WORK/run/metrics.jsonl"
}

if [ "$STEPS" -lt 8 ]; then
  echo "STEPS=$STEPS is too few to kill and resume a run: give at least 8." >&2
  exit 2
fi
if [ -e "$WORK" ] && [ ! -e "$WORK/.quickstart" ]; then
  echo "WORK=$WORK is there already and was not made by the quickstart: give another WORK, or remove it yourself." >&2
  exit 2
fi
if [ -n "$DATA" ] && [[ "$(realpath -m -- "$DATA")/" == "$(realpath -m -- "$WORK")"/* ]]; then
  echo "DATA=$DATA lies inside WORK=$WORK, which is made anew: move it." >&2
  exit 2
fi
rm -rf "$WORK"
mkdir -p "$WORK"
touch "$WORK/.quickstart"

if [ -z "$DATA" ]; then
  say "1/8 synthetic radiology reports (seed 42; nothing is downloaded)"
  medpretrain corpus synth --num-reports 4000 --seed 42 --out "$WORK/raw" >/dev/null
  DATA=$WORK/raw
  made "raw text" "$DATA" "4,000 synthetic radiology reports"
fi

say "2/8 corpus: clean documents, without duplicates, a part held out"
medpretrain corpus build "$DATA" --out "$WORK/corpus" heldout_share="$HELDOUT_SHARE" >/dev/null
made "corpus" "$WORK/corpus" "$(value "$WORK/corpus/manifest.json" counts documents) documents, $(value "$WORK/corpus/manifest.json" counts text_bytes) bytes"

say "3/8 tokenizer"
medpretrain tokenizer train --corpus "$WORK/corpus" --vocab-size 4096 --out "$WORK/tokenizer" >/dev/null
made "tokenizer" "$WORK/tokenizer" "$(value "$WORK/tokenizer/manifest.json" counts vocab_size) entries"

say "4/8 packed rows of $SEQ_LEN tokens"
medpretrain shards pack --corpus "$WORK/corpus" --tokenizer "$WORK/tokenizer" --seq-len $SEQ_LEN --out "$WORK/shards" >/dev/null
medpretrain shards pack --corpus "$WORK/corpus" --split heldout --tokenizer "$WORK/tokenizer" --seq-len $SEQ_LEN --out "$WORK/heldout" >/dev/null
made "packed rows" "$WORK/shards" "$(value "$WORK/shards/manifest.json" counts tokens) tokens, $(value "$WORK/shards/manifest.json" counts real_share) of the positions real"

PRECISION=bf16
if ! grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then
  echo "This CPU has no bf16 units, on which bf16 would be many times slower: training in fp32."
  PRECISION=fp32
fi
train=(env OMP_NUM_THREADS=1 deepspeed --log_level warning --num_accelerators 4 launch/pretrain.py
  --recipe tiny-cpu --run "$WORK/run" --ds-config ds_configs/zero3.json
  "data.sources.corpus.shards=$WORK/shards" "data.held_out=$WORK/heldout" parallel.tensor=2 precision=$PRECISION
  schedule.total_steps="$STEPS" schedule.warmup_steps=$((STEPS / 4)) checkpoint.every_steps=$((STEPS / 4)) validation.every_steps=$((STEPS / 2)))

say "5/8 training on 4 processes: TP 2 x DP 2, ZeRO-3, $PRECISION. Past the middle, one process is killed."
echo "${train[*]}"
"${train[@]}" &
launcher=$!
while [ "$(last_step)" -le $((STEPS / 2)) ]; do
  kill -0 $launcher 2>/dev/null || { echo "training ended before it could be killed; see $WORK/run/logs" >&2; exit 1; }
  sleep 1
done
victim=$(value "$WORK/run/environment.json" processes 3 process | tr -d ,)
echo "-- SIGKILL to rank 3 (process $victim) after step $(last_step)"
kill -KILL "$victim"
if wait $launcher; then
  echo "the launcher did not notice the loss of a rank" >&2
  exit 1
fi
launcher=
made "training, killed" "$WORK/run" "at step $(last_step) of $STEPS"

say "6/8 the same command again: it resumes from the newest checkpoint that verifies"
"${train[@]}"
[ "$(value "$WORK/run/outcome.json" code)" = 0 ]
resumed=$(python -c 'import json,sys; print(next(e["step"] for e in map(json.loads, open(sys.argv[1])) if e["event"]=="resumed"))' "$WORK/run/events.jsonl")
made "training, resumed" "$WORK/run" "from step $resumed to step $(value "$WORK/run/outcome.json" step)"

say "7/8 evaluation on held-out documents, and export to Hugging Face form (its logits are compared with ours)"
medpretrain eval "$WORK/run" --shards "$WORK/heldout" --max-rows 2000 --json >"$WORK/evaluation.json"
made "evaluation" "$WORK/evaluation.json" "perplexity $(value "$WORK/evaluation.json" perplexity), $(value "$WORK/evaluation.json" bits_per_byte) bits per byte"
medpretrain export "$WORK/run" --out "$WORK/export"
made "Hugging Face export" "$WORK/export" "loads with transformers"

say "8/8 the exported model writes a report"
if [ -d "$WORK/raw" ]; then
  prompt=$(printf '[EXAM] Chest radiograph, two views\n[HISTORY] Cough and fever.\n[OBSERVATIONS] pleural effusion: right, small; pneumothorax: absent\n[FINDINGS]')
else
  prompt="The patient"
fi
medpretrain generate "$WORK/export" --prompt "$prompt" --max-tokens 200 --temperature 0.5 --seed 1 | tee "$WORK/report.txt"
made "a written report" "$WORK/report.txt" "$(wc -w <"$WORK/report.txt") words, prompt included"

say "What was made, in $SECONDS s"
printf '%s\n' "${TABLE[@]}"
echo
python - "$WORK/evaluation.json" <<'PYTHON'
import json, sys

for name, scores in json.load(open(sys.argv[1]))["by_doc_type"].items():
    print(f"{name:<32}{scores['perplexity']:10.2f} perplexity {scores['bits_per_byte']:7.3f} bits per byte {scores['targets']:10,} tokens")
PYTHON

say "The run in pictures: a page to open in a browser"
medpretrain report "$WORK/run"
