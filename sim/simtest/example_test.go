package simtest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/dnispool/dnispool/sim/simtest"
)

// A pool of one number is exhausted by the second reservation: what does your client do with that 404? In a test,
// simtest.Start(t, …) does the same, and closes the platform by itself.
func ExampleNew() {
	s, err := simtest.New(context.Background(), simtest.Options{Config: "pool: {numbers: 1}"})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	for range 2 {
		r, err := http.NewRequest(http.MethodPost, s.URL+"/v1/conversations/dni-reservation", strings.NewReader(`{"attributes":{"shared_id":"demo-1"}}`))
		if err != nil {
			log.Fatal(err)
		}
		r.Header.Set("X-Api-Key", s.Project.DNIKey)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(res.StatusCode)
		_ = res.Body.Close()
	}
	// Output:
	// 200
	// 404
}
