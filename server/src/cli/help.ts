import { SETTINGS } from "../settings/settings.ts";

export function helpText(): string {
  const rows = Object.values(SETTINGS).map((setting) => {
    const names = [setting.key, ...setting.aliases].map((key) => `--${key}`).join(", ");
    return `  ${names}=VALUE\n      ${setting.about} (${setting.fallback || "none"})`;
  });
  return [
    "ostinato [--port N] [--host H] [--database URL] [--key=value …]",
    "",
    "Runs the server. Other actions:",
    "  --print-config   tells every setting in force and where it comes from",
    "  --check-config   tells whether the settings can be used, and which have no effect",
    "  --version",
    "  --help",
    "",
    "Settings come from arguments, from the properties file that CONDUCTOR_CONFIG_FILE names, and",
    "from the environment, in this order. Case, dashes and underscores in keys do not count.",
    "",
    ...rows,
  ].join("\n");
}
