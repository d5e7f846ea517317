import assert from "node:assert/strict";
import { test } from "node:test";

import { readConfig } from "../config.ts";
import { egressRuleText, parseEgressRules } from "./egress-rules.ts";

test("the databases of JDBC tasks come from arguments and from the environment, in their order", () => {
  const { jdbcInstances, notices } = readConfig(
    [
      "--conductor.jdbc.instances[1].name=stock",
      "--conductor.jdbc.instances[1].connection.datasourceURL=jdbc:sqlite:stock.db?cache=shared",
      "--conductor.jdbc.instances[1].connection.user=me",
    ],
    {
      CONDUCTOR_JDBC_INSTANCES_0_NAME: "shop",
      CONDUCTOR_JDBC_INSTANCES_0_CONNECTION_DATASOURCEURL: "sqlite:shop.db",
    },
  );
  assert.deepEqual(
    jdbcInstances.map(({ name, database }) => [name, database.file]),
    [
      ["shop", "shop.db"],
      ["stock", "stock.db"],
    ],
  );
  assert.deepEqual(notices, [
    "conductor.jdbc.instances[1].connection.user (argument) is not understood here and has no effect",
  ]);
});

const FAULTS: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["name=shop"], /instances\[0\]\.connection\.datasourceURL is missing/],
  [["connection.datasourceURL=sqlite:x"], /instances\[0\]\.name is missing/],
  [["name=a", "connection.datasourceURL=jdbc:mysql://h/x"], /mysql is not supported/],
];
for (const [args, message] of FAULTS) {
  test(`JDBC settings ${args.join(" ")} are refused`, () => {
    const settings = args.map((arg) => `--conductor.jdbc.instances[0].${arg}`);
    assert.throws(() => readConfig(settings, {}), message);
  });
}

test("egress rules are hosts, domains, addresses, ranges and the word private", () => {
  const text = "api.example.com,*.example.org,*,10.0.0.0/8,::1/128,private";
  assert.equal(parseEgressRules(text).map(egressRuleText).join(), text);
});

for (const rule of ["10.0.0.0/33", "http://host", "a..b", "*x", "1.2.3.4/8/9", "host:80"]) {
  test(`the egress rule ${rule} is refused`, () => {
    assert.throws(() => parseEgressRules(rule), /is no host/);
  });
}
