// Plugins by the names that upstream exports them under, with the module of
// each. A profile gives them their options: plugins: {openAPI: {path: /docs}}.
const modules = {
  openAPI: "better-auth/dist/plugins/open-api/index.mjs",
};

// plugins makes the plugins of a profile, in its order.
export async function plugins(packages, given) {
  const out = [];
  for (const [name, options] of Object.entries(given)) {
    if (!modules[name]) throw new Error(`profile: the plugin ${name} is not known to the recorder; add its module to tools/upstream/plugins.mjs`);
    const { [name]: make } = await packages.load(modules[name]);
    out.push(make(options ?? {}));
  }
  return out;
}
