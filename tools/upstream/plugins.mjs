// Plugins by the names that upstream exports them under, with the module of
// each. A profile gives them their options: plugins: {openAPI: {path: /docs}}.
const modules = {
  bearer: "better-auth/dist/plugins/bearer/index.mjs",
  jwt: "better-auth/dist/plugins/jwt/index.mjs",
  openAPI: "better-auth/dist/plugins/open-api/index.mjs",
  organization: "better-auth/dist/plugins/organization/index.mjs",
  twoFactor: "better-auth/dist/plugins/two-factor/index.mjs",
};

// prepare turns what a profile has as data into what upstream takes as code.
const prepare = {
  organization: withAccessControl,
};

// withAccessControl makes the roles of accessControl: {statements, roles}.
async function withAccessControl(packages, { accessControl, ...options }) {
  if (!accessControl) return options;
  const { createAccessControl } = await packages.load("better-auth/dist/plugins/access/index.mjs");
  const ac = createAccessControl(accessControl.statements);
  const roles = accessControl.roles && Object.fromEntries(Object.entries(accessControl.roles).map(([name, given]) => [name, ac.newRole(given)]));
  return { ...options, ac, ...(roles && { roles }) };
}

// plugins makes the plugins of a profile, in its order.
export async function plugins(packages, given) {
  const out = [];
  for (const [name, options] of Object.entries(given)) {
    if (!modules[name]) throw new Error(`profile: the plugin ${name} is not known to the recorder; add its module to tools/upstream/plugins.mjs`);
    const { [name]: make } = await packages.load(modules[name]);
    out.push(make(await (prepare[name]?.(packages, options ?? {}) ?? options ?? {})));
  }
  return out;
}
