#!/usr/bin/env bash
# Prints what docs/rules/ shows, from watch/rules.def and the cases in tests/rules/ (tests/rules/tiny.h says how they are marked).
# usage: docs/rules.sh table | docs/rules.sh FAMILY          "registers", "command-queues"; docs/renew.sh calls it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C

# shellcheck disable=SC2016 # awk's own variables
exec awk -v want="${1:?table or a family}" '
  # The strings in a piece of C, side by side ones joined; string[1..n], and what lies outside in bare.
  function take_strings(text, joined, n)
  {
    n = 0
    bare = ""
    joined = 0
    while (match(text, /"([^"\\]|\\.)*"/)) {
      between = substr(text, 1, RSTART - 1)
      bare = bare between
      s = substr(text, RSTART + 1, RLENGTH - 2)
      gsub(/\\"/, "\"", s)
      if (n > 0 && between ~ /^[ \t\n]*$/)
        string[n] = string[n] s
      else
        string[++n] = s
      text = substr(text, RSTART + RLENGTH)
    }
    bare = bare text
    return n
  }

  function words_of(claim)
  {
    out = substr(claim, 1, 1)
    for (i = 2; i <= length(claim); i++) {
      ch = substr(claim, i, 1)
      out = out (ch ~ /[A-Z]/ ? " " tolower(ch) : ch)
    }
    return out
  }

  function section_of(rule)
  {
    return section[rule] ~ /^[0-9]/ ? "IHI 0070 " section[rule] : section[rule]
  }

  # ---- watch/rules.def ----
  FILENAME ~ /rules\.def$/ {
    if ($0 ~ /^\/\* ---- /) {
      family = $0
      sub(/^\/\* ---- /, "", family)
      sub(/ *(\(|---).*/, "", family)
      gsub(/ /, "-", family)
    }
    if ($0 ~ /^RULE\(/)
      row = ""
    row = row $0 "\n"
    if (row ~ /^RULE\(/ && $0 ~ /"\)$/) {
      take_strings(row)
      split(bare, part, /[(,]/)
      name = part[2]
      order[++rules] = name
      family_of[name] = family
      id[name] = string[1]
      section[name] = string[2]
      message[name] = string[3]
      gsub(/[ \n]/, "", part[4])
      weight[name] = tolower(part[4])
      row = ""
    }
    next
  }

  # ---- tests/rules/*.c ----
  /^(MISTAKE|REMEDY)\(/ { head = ""; body = ""; kind = $0; sub(/\(.*/, "", kind); state = "head" }
  state == "head" && /^\{$/ {
    take_strings(head)
    split(bare, part, /[(,)]/)
    gsub(/[ \n]/, "", part[2])
    gsub(/[ \n]/, "", part[3])
    key = part[2] SUBSEP part[3]
    if (kind == "MISTAKE") {
      claims[part[2]] = claims[part[2]] " " part[3]
      says[key] = string[1]
    }
    starts[key] = starts[key] || head ~ /\.start = true/
    if (match(head, /\.stage = [123]/))
      stages[key] = substr(head, RSTART + 9, 1)
    state = "body"
    next
  }
  state == "head" { head = head $0 "\n" }
  state == "body" && /^\}$/ { text[kind, key] = body; state = ""; next }
  state == "body" { sub(/^  /, ""); body = body $0 "\n" }

  function code(kind, key)
  {
    print "```c"
    printf "%s", starts[key] ? "started(d);\n" : ""
    if (stages[key])
      printf "attached(d, %s);\n", stages[key]
    printf "%s", text[kind, key]
    print "```"
  }

  function show(rule)
  {
    printf "\n## `%s`\n\n%s %s, %s.\n", id[rule], message[rule],
      weight[rule] == "advice" ? "Advice" : "Finding", section_of(rule)
    count = split(claims[rule], claim, " ")
    if (count == 0) {
      printf "%s has no case in tests/rules\n", rule >"/dev/stderr"
      failed = 1
    }
    for (c = 1; c <= count; c++) {
      key = rule SUBSEP claim[c]
      printf "\n**%s**\n\n", words_of(claim[c])
      code("MISTAKE", key)
      printf "\n> `%s`: %s\n\nThe remedy:\n\n", id[rule], says[key]
      code("REMEDY", key)
    }
  }

  function need_page(name,   page, line)
  {
    page = "docs/rules/" name ".md"
    if ((getline line <page) <= 0) {
      printf "%s is missing: a family of watch/rules.def has no page\n", page >"/dev/stderr"
      failed = 1
    }
    close(page)
  }

  END {
    if (want == "table") {
      print "| rule | weight | section | what is wrong |"
      print "|---|---|---|---|"
    }
    for (r = 1; r <= rules; r++) {
      rule = order[r]
      if (want == "table" && family_of[rule] != family_of[order[r - 1]])
        need_page(family_of[rule])
      if (want == "table")
        printf "| [`%s`](%s.md#%s) | %s | %s | %s |\n", id[rule], family_of[rule], id[rule],
          weight[rule], section_of(rule), message[rule]
      else if (want == family_of[rule])
        show(rule)
    }
    exit failed
  }' watch/rules.def tests/rules/*.c
