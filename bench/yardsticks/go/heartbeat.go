// Heartbeats in Go: net/http, golang-jwt with a cache of checked tokens, redigo; the beats that came while the last ones
// were on their way share SMISMEMBER and MSET.
//
// Debian: apt install golang-go golang-github-golang-jwt-jwt-dev golang-github-gomodule-redigo-dev
package main

import (
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt"
	"github.com/gomodule/redigo/redis"
)

const mostBeats = 256

type claims struct {
	Type string `json:"typ"`
	jwt.StandardClaims
}

type beat struct {
	mitra  string
	online chan bool
}

type tokens struct {
	secret []byte
	lock   sync.RWMutex
	read   map[string]*claims
}

// mitraOf says which mitra a request's token names; false for a token that is missing, wrong, expired or somebody else's.
func (t *tokens) mitraOf(request *http.Request) (string, bool) {
	token := strings.TrimPrefix(request.Header.Get("Authorization"), "Bearer ")
	t.lock.RLock()
	known := t.read[token]
	t.lock.RUnlock()
	if known == nil {
		known = &claims{}
		_, err := jwt.ParseWithClaims(token, known, func(parsed *jwt.Token) (interface{}, error) {
			if parsed.Method != jwt.SigningMethodHS256 {
				return nil, jwt.ErrSignatureInvalid
			}
			return t.secret, nil
		})
		if err != nil || known.Type != "mitra" || known.Issuer != "halobestie" || known.Audience != "halobestie-api" {
			return "", false
		}
		t.lock.Lock()
		if len(t.read) >= 50_000 {
			t.read = map[string]*claims{}
		}
		t.read[token] = known
		t.lock.Unlock()
	}
	return known.Subject, known.ExpiresAt > time.Now().Unix()
}

func record(connection redis.Conn, beats []beat) error {
	ids := redis.Args{"mitras:online"}
	for _, one := range beats {
		ids = append(ids, one.mitra)
	}
	online, err := redis.Ints(connection.Do("SMISMEMBER", ids...))
	if err != nil {
		return err
	}
	at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	values := redis.Args{}
	for i, one := range beats {
		if online[i] == 1 {
			values = append(values, "mitra:heartbeat:"+one.mitra, at)
		}
	}
	if len(values) > 0 {
		if _, err := connection.Do("MSET", values...); err != nil {
			return err
		}
	}
	for i, one := range beats {
		one.online <- online[i] == 1
	}
	return nil
}

func recordAll(connection redis.Conn, waiting <-chan beat) {
	for first := range waiting {
		beats := []beat{first}
		for more := true; more && len(beats) < mostBeats; {
			select {
			case next := <-waiting:
				beats = append(beats, next)
			default:
				more = false
			}
		}
		if err := record(connection, beats); err != nil {
			log.Fatal(err)
		}
	}
}

func main() {
	connection, err := redis.DialURL(strings.Replace(os.Getenv("VALKEY_URL"), "valkey:", "redis:", 1))
	if err != nil {
		log.Fatal(err)
	}
	waiting := make(chan beat, mostBeats)
	go recordAll(connection, waiting)
	readers := &tokens{secret: []byte(os.Getenv("AUTH_JWT_SECRET")), read: map[string]*claims{}}
	http.HandleFunc("/api/mitra/status/heartbeat", func(reply http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodPost {
			reply.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		mitra, ok := readers.mitraOf(request)
		if !ok {
			reply.WriteHeader(http.StatusUnauthorized)
			return
		}
		mine := beat{mitra, make(chan bool, 1)}
		waiting <- mine
		if <-mine.online {
			reply.WriteHeader(http.StatusNoContent)
		} else {
			reply.WriteHeader(http.StatusConflict)
		}
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
