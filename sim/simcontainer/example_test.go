package simcontainer_test

import (
	"context"
	"fmt"
	"log"

	"github.com/testcontainers/testcontainers-go"

	"github.com/dnispool/dnispool/sim/simcontainer"
)

// A client is to send its caller to the fallback queue when the first reservation fails, and to try again when its call finds the
// number busy.
func ExampleWithFault() {
	ctx := context.Background()
	c, err := simcontainer.Run(ctx, "dnispool",
		simcontainer.WithFault("http: {endpoint: reserve, times: 1, reply: {preset: unavailable}}"),
		simcontainer.WithFault("calls: {refuse: 486, times: 1}"))
	defer func() {
		if err := testcontainers.TerminateContainer(c); err != nil {
			log.Print(err)
		}
	}()
	if err != nil {
		log.Print(err)
		return
	}
	// Here the client under test reserves, dials, and asks for the handoff.
	control, err := c.Control(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	faults, err := control.Faults(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println("hit:", faults.Hits.HTTP, faults.Hits.Calls)
}

func ExampleRun() {
	ctx := context.Background()
	c, err := simcontainer.Run(ctx, "dnispool", simcontainer.WithConfig("pool: {numbers: 1}"), simcontainer.WithSetting("pool.window", "2s"))
	defer func() {
		if err := testcontainers.TerminateContainer(c); err != nil {
			log.Print(err)
		}
	}()
	if err != nil {
		log.Print(err)
		return
	}
	projects, err := c.Projects(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	url, err := c.URL(ctx)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("%d number; key %s; as in curl -H 'x-api-key: …' %s/v1/conversations/dni-reservation\n", projects[0].Numbers, projects[0].DNIKey, url)
}
