#!/bin/sh
# Serves the page in this folder by nginx, in the foreground. Environment variables say where the
# page finds the broker; those but the first may be left out, as in the page's config.json:
#
#   WARREN_URL       the address of the broker's Web-STOMP, such as wss://warren.example/ws; of a
#                    cluster, several with commas between them
#   WARREN_LOGIN, WARREN_PASSCODE, WARREN_VHOST, WARREN_QUEUE, WARREN_MODE, WARREN_MAX_N
#   WARREN_LISTEN    where to listen: a port, or an address and a port [default: 8080]
#
# What is in them goes to every browser that opens the page, the passcode included.
set -eu
cd "$(dirname "$0")"

fail() {
    echo "error: $1" >&2
    exit 2
}

: "${WARREN_URL:?is not set; say where the Web-STOMP of the broker is, such as wss://warren.example/ws}"
# The page may connect to these and to its own server, and to nothing else.
brokers=
set -f
for url in $(printf '%s\n' "$WARREN_URL" | tr ',' ' '); do
    broker=$(printf '%s\n' "$url" |
        sed -nE 's#^(wss?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?)(/.*)?$#\1#p')
    [ -n "$broker" ] || fail "WARREN_URL has '$url', but must be like wss://warren.example/ws"
    brokers="$brokers${brokers:+ }$broker"
done
set +f
[ -n "$brokers" ] || fail "WARREN_URL is '$WARREN_URL', but must be like wss://warren.example/ws"

listen=${WARREN_LISTEN:-8080}
case $listen in
*[!0-9A-Fa-f.:[\]]*) fail "WARREN_LISTEN is '$listen', but must be like 8080 or 127.0.0.1:8080" ;;
esac

mkdir -p run
printf 'map $host $warren_broker { default "%s"; }\n' "$brokers" > run/broker.conf
printf 'listen %s;\n' "$listen" > run/listen.conf
jq --null-input 'env | {
    url: (.WARREN_URL | [splits("[, ]+") | select(. != "")] | if length == 1 then .[0] else . end),
    login: .WARREN_LOGIN,
    passcode: .WARREN_PASSCODE,
    vhost: .WARREN_VHOST,
    queue: .WARREN_QUEUE,
    mode: .WARREN_MODE,
    max_n: (.WARREN_MAX_N | if . then tonumber else null end)
} | map_values(select(. != null))' > run/config.json

# Debian's place for it is not on the PATH of everybody.
PATH=$PATH:/usr/sbin
exec nginx -p "$PWD/" -c nginx.conf -e stderr
