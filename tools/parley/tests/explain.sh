#!/usr/bin/env bash
# explain.sh BIN ROOT: whatever rule a verb prints, `parley explain` knows it, once.
set -euo pipefail
bin=$1
root=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

fail() {
    echo "failed: $1" >&2
    exit 1
}

# The names that the sources give to what takes a rule, or that stand in a statement about one.
# (Those of the break gate are looked up in the table that is printed.)
find lib/contract/src lib/verify/src tools/parley -name '*.[ch]' -not -path '*/tests/*' -not -path '*/explain/*' -print0 |
    sort -z | xargs -0 perl -e '
        undef $/;
        my (%takes, %printed, @texts);
        for my $file (@ARGV) {
            open my $in, "<", $file or die "$file: $!";
            push @texts, scalar <$in>;
        }
        for (@texts) { $takes{$1} = 1 while /(\w+)\([^;{}()]*\bconst char \*rule\b/g; }
        my $takes = join "|", keys %takes;
        for my $statement (map { split /;/ } @texts) {
            next unless $statement =~ /\b(?:$takes)\(/ or $statement =~ /(?<!->)\b\w*rule\w*\b/;
            $printed{$1} = 1 while $statement =~ /"([A-Z][A-Z0-9_]+)"/g;
        }
        print map { "$_\n" } keys %printed;' | LC_ALL=C sort >"$work/printed"
for known in FIELD_UNKNOWN PROTO CONTRACT_LOOSENED CONTRACT_NOT_KEPT ARROW_NO_CONTRACT DYNAMIC TYPE; do
    grep -qx "$known" "$work/printed" || fail "the sources have the rule $known; they are no longer read as they are"
done

"$bin/parley" --json explain | sed 's/^{"rule":"\([A-Z0-9_]*\)".*/\1/' | LC_ALL=C sort >"$work/explained"
[ -z "$(uniq -d "$work/explained")" ] || fail "two rules have one name: $(uniq -d "$work/explained" | xargs)"
unknown=$(LC_ALL=C comm -23 "$work/printed" "$work/explained" | xargs)
[ -z "$unknown" ] || fail "parley explain does not know $unknown: tools/parley/explain/rules.c or lib/contract/src/rules.c"
