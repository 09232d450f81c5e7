// What the record.mjs of each dialect has in common: the configurations of Better
// Auth 1.6.9 whose databases are recorded, and what upstream declares for each.
import { getAuthTables } from "better-auth/db";
import { admin, anonymous, deviceAuthorization, jwt, oidcProvider, organization, phoneNumber, siwe, twoFactor, username } from "better-auth/plugins";

export const base = (extra) => ({
  secret: "0123456789abcdef0123456789abcdef-Zz",
  baseURL: "http://localhost:3999",
  emailAndPassword: { enabled: true },
  logger: { disabled: true },
  ...extra,
});
export const ids = (generateId) => (generateId ? { advanced: { database: { generateId } } } : {});
const everyType = {
  user: {
    additionalFields: {
      text: { type: "string", required: false },
      needed: { type: "string", required: true, defaultValue: "d" },
      amount: { type: "number", required: false },
      big: { type: "number", required: false, bigint: true },
      flag: { type: "boolean", required: false },
      moment: { type: "date", required: false },
      since: { type: "date", required: true, defaultValue: () => new Date() },
      data: { type: "json", required: false },
      words: { type: "string[]", required: false },
      numbers: { type: "number[]", required: false },
      handle: { type: "string", required: false, unique: true, index: true },
      bestFriend: { type: "string", required: false, references: { model: "user", field: "id", onDelete: "set null" } },
      choice: { type: ["a", "b"], required: false },
    },
  },
};
export const plugins = () => [
  organization({ teams: { enabled: true }, dynamicAccessControl: { enabled: true }, sendInvitationEmail() {} }),
  twoFactor(), username(), phoneNumber({ sendOTP() {} }), admin(), anonymous(), jwt(), deviceAuthorization({ schema: {} }),
  oidcProvider({ loginPage: "/login" }), siwe({ domain: "localhost", getNonce: async () => "n", verifyMessage: async () => true }),
];
export const cases = {
  core: base(),
  "rate limits in the database": base({ rateLimit: { storage: "database" } }),
  "every type": base(everyType),
  "every type with uuid ids": base({ ...everyType, ...ids("uuid") }),
  "every type with serial ids": base({ ...everyType, ...ids("serial") }),
  "many plugins": base({ plugins: plugins() }),
  "many plugins with serial ids": base({ plugins: plugins(), ...ids("serial") }),
  "renamed tables and columns": base({
    user: { modelName: "app users", fields: { email: "e-mail", name: "select" } },
    session: { modelName: "order", fields: { userId: "user_id", expiresAt: "group" } },
    account: { modelName: "app_accounts", fields: { userId: "owner.id" } },
  }),
};
// The cases of which rows are recorded too.
export const withRows = ["every type", "every type with uuid ids", "every type with serial ids"];

const pick = (f) => ({
  type: f.type, required: f.required, unique: f.unique, index: f.index, sortable: f.sortable, bigint: f.bigint,
  fieldName: f.fieldName, references: f.references, computed: typeof f.defaultValue === "function" || undefined,
});
export const declared = (options) => ({
  ids: options.advanced?.database?.generateId ?? "",
  declared: Object.entries(getAuthTables(options)).map(([model, t]) => ({
    model, modelName: t.modelName,
    fields: Object.entries(t.fields).map(([name, f]) => ({ name, ...pick(f) })),
  })),
});
