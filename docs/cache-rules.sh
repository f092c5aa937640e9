#!/usr/bin/env bash
# Prints the tables of docs/cache-rules.md from tests/conformance/cache_rules.inc. Called by docs/renew.sh.
# usage: docs/cache-rules.sh matrix|entries|rules
set -euo pipefail
export LC_ALL=C

awk -v what="${1:?matrix, entries or rules}" -F '"' '
  function expand(names, into,   word, i, n) { # sets become entries
    n = split(names, word, " ")
    for (i = 1; i <= n; i++)
      if (word[i] in set) expand(set[word[i]], into)
      else into[word[i]] = 1
  }
  function name_of(line) { sub(/^[A-Z]+\(/, "", line); sub(/,.*/, "", line); return line }

  /^ENTRY\(/ { entry[++entries] = name_of($1); section[entries] = $2; text[entries] = $4 }
  /^SET\(/ { set[name_of($1)] = $2; order[++sets] = name_of($1) }
  /^RULE\(/ {
    device[++rules] = name_of($1); command[rules] = $2; at[rules] = $4; must[rules] = $6; why[rules] = $8
    opcode = $2; sub(/ .*/, "", opcode)
    if (!(opcode in column)) { column[opcode] = ++columns; title[columns] = opcode }
    split("", gone); expand($6, gone)
    for (e in gone) mark[e, column[opcode]] = 1
  }

  function head(   c, line) {
    line = "| entry |"; for (c = 1; c <= columns; c++) line = line " " title[c] " |"
    gsub(/TLBI_/, "", line); gsub(/CFGI_/, "", line); print line
    line = "|---|"; for (c = 1; c <= columns; c++) line = line ":-:|"
    print line
  }
  END {
    if (what == "entries") {
      print "| entry | what it is | section |"; print "|---|---|---|"
      for (i = 1; i <= entries; i++) print "| " entry[i] " | " text[i] " | " section[i] " |"
      print ""; print "| set | members |"; print "|---|---|"
      for (i = 1; i <= sets; i++) print "| " order[i] " | " set[order[i]] " |"
    }
    if (what == "matrix") {
      head()
      for (i = 1; i <= entries; i++) {
        line = "| " entry[i] " |"
        for (c = 1; c <= columns; c++) line = line " " ((entry[i], c) in mark ? "x" : "") " |"
        print line
      }
    }
    if (what == "rules") {
      print "| device | command | must go | why | section |"; print "|---|---|---|---|---|"
      for (i = 1; i <= rules; i++)
        print "| " device[i] " | `" command[i] "` | " (must[i] == "" ? "nothing" : must[i]) " | " why[i] " | " at[i] " |"
    }
  }' tests/conformance/cache_rules.inc
