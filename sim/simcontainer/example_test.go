package simcontainer_test

import (
	"context"
	"fmt"
	"log"

	"github.com/testcontainers/testcontainers-go"

	"github.com/dnispool/dnispool/sim/simcontainer"
)

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
