#!/bin/bash
# Several machines of a Slurm cluster: sbatch configs/cluster/slurm.sh
#
# One process a machine; each takes all GPUs of its machine. Change what is in capitals. Output folder, data and checkpoint
# must be on a file system that all machines share: the first process writes the checkpoints, all of them read.

#SBATCH --job-name=bert-cola
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --output=bert-cola-%j.log
# Put back into the queue when the machines are taken away; the run then goes on at its last checkpoint.
#SBATCH --requeue

set -euo pipefail

SHARED=/SHARED/FOLDER
. "$SHARED/bert_tf/.venv/bin/activate"

# One port for all processes, another one for each job: two jobs may share a machine.
port=$((20000 + SLURM_JOB_ID % 10000))
hosts=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/\$/:$port/" | paste -sd, -)

# SLURM_PROCID counts the processes in the order of the machines, from 0, so it is the position in the list. It must be
# read by the shell of each process, hence the single quotes. If one process fails, srun ends the others at once; without
# --kill-on-bad-exit they would find out by themselves, some seconds later.
export hosts SHARED
srun --kill-on-bad-exit=1 bash -c 'exec bert-tf classifier \
    --distribution=multi_worker \
    --worker_hosts="$hosts" \
    --task_index="$SLURM_PROCID" \
    --worker_timeout=900 \
    --task=cola \
    --data_dir="$SHARED/CoLA" \
    --init_checkpoint="$SHARED/uncased_L-12_H-768_A-12.zip" \
    --train_batch_size=64 \
    --save_checkpoints_steps=200 \
    --do_train --do_eval \
    --output_dir="$SHARED/runs/cola"'
