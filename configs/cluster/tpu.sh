#!/bin/bash
# A slice of a TPU pod on Google Cloud: bash configs/cluster/tpu.sh
#
# Not run on a TPU yet: the commands follow Google's documentation. Change what is in capitals. All cores of the slice work
# for one process, which runs on the slice's first machine and reaches the others through the network; so every path is
# on gs://. For a TPU of one machine (v3-8, say), leave out "-pod" and TPU_LOAD_LIBRARY, and say --tpu_name=local.

set -euo pipefail

name=bert-cola
zone=ZONE
project=PROJECT
bucket=gs://BUCKET
accelerator=v3-32  # 32 cores: every batch size must be a multiple of 32.
# tpu-vm-tf-RELEASE-pod-API, of the TensorFlow release that setup.py asks for. Which ones there are is said at
# https://cloud.google.com/tpu/docs/runtimes
software=tpu-vm-tf-2.20.0-pod-pjrt

gcloud compute tpus tpu-vm create "$name" --zone="$zone" --project="$project" --accelerator-type="$accelerator" \
    --version="$software"

# Data and checkpoint, unpacked, go to the bucket.
gcloud storage cp --recursive CoLA "$bucket/CoLA"
gcloud storage cp --recursive uncased_L-12_H-768_A-12 "$bucket/uncased_L-12_H-768_A-12"

# The package goes to every machine of the slice. The software brings TensorFlow itself, built for TPUs: keep it.
gcloud compute tpus tpu-vm scp --recurse . "$name:bert_tf" --worker=all --zone="$zone" --project="$project"
gcloud compute tpus tpu-vm ssh "$name" --worker=all --zone="$zone" --project="$project" \
    --command="pip install --constraint bert_tf/configs/constraints.txt ./bert_tf"

# TPU_LOAD_LIBRARY=0 leaves the TPU to the machines' own servers, as a slice of several machines needs it.
gcloud compute tpus tpu-vm ssh "$name" --worker=0 --zone="$zone" --project="$project" --command="
    TPU_LOAD_LIBRARY=0 bert-tf classifier \
        --distribution=tpu \
        --tpu_name=$name \
        --tpu_zone=$zone \
        --gcp_project=$project \
        --task=cola \
        --data_dir=$bucket/CoLA \
        --init_checkpoint=$bucket/uncased_L-12_H-768_A-12 \
        --max_seq_length=128 \
        --train_batch_size=64 \
        --eval_batch_size=64 \
        --iterations_per_loop=100 \
        --do_train --do_eval \
        --output_dir=$bucket/runs/cola"

gcloud compute tpus tpu-vm delete "$name" --zone="$zone" --project="$project" --quiet
