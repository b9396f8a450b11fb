#!/usr/bin/env bash
# check.sh NVCC HOST_COMPILER INCLUDE SOURCE ARCHITECTURE [-c]
#
# What the compiler makes of kernel bodies, for one architecture: ptxas must need no stack and spill
# no register; there is one entry for each kernel and layout, as many as the source's line
# `// entries: N` says; bodies over aligned memory access it in packs; and what lines
# `// contains: TEXT` and `// contains on ARCHITECTURE: TEXT` name is in the PTX. Bodies of
# warpgroups are empty where there are none. With -c, the host's side is compiled as well.
set -u

nvcc=$1 host=$2 include=$3 source=$4 arch=$5 kind=${6:--cubin}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
options=(-ccbin "$host" -std=c++20 -O2 "-arch=$arch" -I "$include")

"$nvcc" "${options[@]}" -Xptxas -v "$kind" "$source" -o "$work/result" \
  --keep --keep-dir "$work" >"$work/report" 2>&1 && mv "$work"/*.ptx "$work/ptx" || {
  cat "$work/report"
  exit 1
}

wrong=0
report() {
  echo "$arch: $1"
  wrong=1
}

used=$(grep -c 'bytes stack frame' "$work/report")
clean=$(grep -c '0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads' "$work/report")
[ "$used" -gt 0 ] || report "ptxas reports no kernel"
[ "$used" -eq "$clean" ] || report "$((used - clean)) of $used kernels spill or need a stack"
! grep -iE 'warning' "$work/report" || report "ptxas warns"

entries=$(grep -c '^\.weak \.entry\|^\.visible \.entry' "$work/ptx")
wanted=$(sed -n 's|^// entries: ||p' "$source")
[ "$entries" -eq "${wanted:-0}" ] || report "$entries entries, want ${wanted:-none}"

while IFS= read -r text; do
  grep -qF "$text" "$work/ptx" || report "no $text in the PTX"
done < <(sed -n -e 's|^// contains: ||p' -e "s|^// contains on $arch: ||p" "$source")

# A layout is lane_layout{pack, packs, aligned, wide}.
awk -v arch="$arch" '
  /\.entry/ { name = $3; aligned = name ~ /lane_layoutELi[0-9]+ELi[0-9]+ELb1E/; packs = 0 }
  /(ld|st)\.global[a-z.]*\.v[24]\./ { packs++ }
  /^}/ {
    if (name ~ /launch_body_with_maps/ && arch != "sm_90a") aligned = 0
    if (aligned && !packs) { print "no access in packs: " name; bad = 1 }
    aligned = 0
  }
  END { exit bad }' "$work/ptx" || wrong=1

exit $wrong
