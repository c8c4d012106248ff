#!/bin/sh
# A customer, their key, a token and a request, by curl alone.
# Run: OWNKEY_ADMIN_TOKEN=$(cat .ownkey/admin-token) sh examples/first-requests.sh
set -eu
ownkey=${OWNKEY_URL:-http://127.0.0.1:8787}

api() {
  curl -sS --fail-with-body -X "$1" "$ownkey/api/v1$2" \
    -H "Authorization: Bearer $OWNKEY_ADMIN_TOKEN" -H 'Content-Type: application/json' -d "$3"
}

api PUT /orgs/curl-example '{"name": "Curl example", "plan": "standard"}' && echo
api PUT /orgs/curl-example/keys/openai '{"key": "sk-sandbox-ok-curl-example"}' && echo
made=$(api POST /tokens '{"kind": "access", "org": "curl-example", "feature": "assistant"}') || { echo "$made"; exit 1; }
token=$(echo "$made" | sed 's/.*"token":"\([^"]*\)".*/\1/')

curl -sS --fail-with-body -D - "$ownkey/openai/v1/chat/completions" \
  -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
  -d '{"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Hello"}]}' && echo
