/**
 * Formats that are secret by themselves, as their makers document them. Each row is a beginning of bounded length
 * and then at most one run without an end (the last piece), so that a failing match costs constant time and a
 * successful one consumes its text. The search therefore takes linear time for any text.
 */
const formats: readonly (readonly [makers: string, pattern: string])[] = [
  ['AWS access key ids', '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])'],
  ['AWS session tokens', '(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=%_-]{8,}'],
  ['AWS Bedrock', '(?:ABSK|bedrock-api-key-)[A-Za-z0-9+/=]{60,}'],
  ['GitHub', 'gh[pousr]_[A-Za-z0-9]{30,}'],
  ['GitHub', 'github_pat_[A-Za-z0-9_]{40,}'],
  ['GitLab', 'gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|oas|ffct)-[A-Za-z0-9_.-]{20,}'],
  ['GitLab', 'GR1348941[A-Za-z0-9_-]{20,}'],
  ['Slack', 'xox[abeoprs](?:\\.xox[bp])?-[A-Za-z0-9-]{10,}'],
  ['Slack', 'xapp-\\d-[A-Za-z0-9-]{10,}'],
  ['Slack', 'hooks\\.slack\\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}'],
  ['Stripe', '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}'],
  ['Stripe and others', 'whsec_[A-Za-z0-9+/=]{16,}'],
  ['Google', 'AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])'],
  ['Google', 'ya29\\.[A-Za-z0-9_-]{20,}'],
  ['Google', 'GOCSPX-[A-Za-z0-9_-]{20,}'],
  ['Google', '1//0[A-Za-z0-9_-]{30,}'],
  ['Azure', '[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}'],
  ['npm', 'npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])'],
  ['PyPI', 'pypi-[A-Za-z0-9_-]{32,}'],
  ['RubyGems', 'rubygems_[0-9a-f]{48}'],
  ['Docker', 'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}'],
  ['Anthropic', 'sk-ant-[A-Za-z0-9_-]{16,}'],
  ['OpenAI and others', 'sk-(?:proj|svcacct|admin|None|or-v1|lf)-[A-Za-z0-9_-]{20,}'],
  ['OpenAI and others', 'sk-[A-Za-z0-9]{32,}'],
  ['Hugging Face', '(?:hf|api_org)_[A-Za-z0-9]{30,}'],
  ['Groq, xAI, Perplexity', '(?:gsk_|xai-|pplx-)[A-Za-z0-9]{40,}'],
  ['Replicate', 'r8_[A-Za-z0-9]{37}'],
  ['SendGrid', 'SG\\.[A-Za-z0-9_-]{16,64}\\.[A-Za-z0-9_-]{16,}'],
  ['Twilio', 'SK[0-9a-f]{32}(?![A-Za-z0-9])'],
  ['Mailgun', 'key-[0-9a-f]{32}(?![A-Za-z0-9])'],
  ['Mailgun', '[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}(?![A-Za-z0-9-])'],
  ['Mailchimp', '[0-9a-f]{32}-us\\d{1,2}(?![A-Za-z0-9])'],
  ['Brevo', 'xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}'],
  ['Resend', 're_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}'],
  ['DigitalOcean', 'do[opr]_v1_[0-9a-f]{64}'],
  ['Cloudflare', 'v1\\.0-[0-9a-f]{24}-[0-9a-f]{100,}'],
  ['Telegram', '(?:bot)?\\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])'],
  ['Discord', '[MNO](?=[\\w-]{0,24}\\d)[\\w-]{23,27}\\.[\\w-]{6}\\.[\\w-]{27,}'],
  ['Discord', 'discord(?:app)?\\.com/api/webhooks/\\d{10,20}/[A-Za-z0-9_-]{20,}'],
  ['Heroku', 'HRKU-[A-Za-z0-9_-]{30,}'],
  ['New Relic', 'NRAK-[A-Z0-9]{27}'],
  ['Grafana', 'gl(?:sa|c)_[A-Za-z0-9+/=_]{32,}'],
  ['Sentry', 'sntry[su]_[A-Za-z0-9+/=_-]{40,}'],
  ['Shopify', 'shp(?:at|ca|pa|ss)_[0-9A-Fa-f]{32}'],
  ['Square', 'sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}'],
  ['Square', 'EAAA[A-Za-z0-9_-]{60}(?![A-Za-z0-9_-])'],
  ['Supabase', '(?:sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{20,})'],
  ['PlanetScale', 'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,}'],
  ['Databricks', 'dapi[0-9a-f]{32}(?![A-Za-z0-9])'],
  ['Postman', 'PMAK-[0-9a-f]{24}-[0-9a-f]{34}'],
  ['HashiCorp', 'hv[bsr]\\.[A-Za-z0-9_-]{24,}'],
  ['HashiCorp', '[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,}'],
  ['Doppler', 'dp\\.(?:pt|st|sa|ct|scim|audit)\\.[A-Za-z0-9_.-]{40,}'],
  ['Fly', 'fm[12][ar]?_[A-Za-z0-9+/=_-]{40,}'],
  ['Atlassian', 'AT(?:ATT|CTT|BB)[A-Za-z0-9_=-]{24,}'],
  ['Notion', '(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9]))'],
  ['Linear', 'lin_(?:api|oauth)_[A-Za-z0-9]{32,}'],
  ['HubSpot', 'pat-(?:na|eu)\\d-[0-9a-f-]{36}'],
  ['Figma', 'figd_[A-Za-z0-9_-]{40,}'],
  ['Netlify', 'nf[bcopu]_[A-Za-z0-9_]{36}(?![A-Za-z0-9_])'],
  ['Vercel', 'vercel_blob_rw_[A-Za-z0-9]{16}_[A-Za-z0-9]{30}'],
  ['age', 'AGE-SECRET-KEY-1[0-9A-Z]{50,}'],
  // These match "-----BEGIN " and PRIVATE, RSA, EC, OPENSSH, ENCRYPTED or PGP, in base64.
  [
    'kubeconfig',
    'LS0tLS1CRUdJTi(?:BQUklWQVRF|BSU0Eg|BFQyBQ|BPUEVOU1NI|BFTkNSWVBU|BQR1Ag)[A-Za-z0-9+/=]{20,}',
  ],
  ['JSON web tokens', 'eyJ[A-Za-z0-9_.-]{17,}'],
]

/** The patterns are exported for the test that no row can be slow. */
export const formatPatterns: readonly string[] = formats.map(([, pattern]) => pattern)

/** A secret does not begin inside a word; an escape code, `\n` in a JSON string and `%3D` in a URL end one. */
const start = '(?:(?<![A-Za-z0-9])|(?<=\\\\[nrt])|(?<=\\[[\\d;]{0,12}m)|(?<=%[0-9A-Fa-f]{2}))'

const anyFormat = new RegExp(`${start}(?:${formatPatterns.join('|')})`, 'g')

/** Finds secrets of these formats in a text, as [from, to]. */
export function findFormats(text: string): [number, number][] {
  return [...text.matchAll(anyFormat)]
    .filter(([found]) => !found.startsWith('eyJ') || isWebToken(found))
    .map((match) => [match.index, match.index + match[0].length])
}

/**
 * Whether the text is a web token. Base64 of any JSON begins like one, but the head of a token names its
 * algorithm, type or key, or a second part follows.
 */
const isWebToken = (text: string) =>
  /^eyJ(?:hbGci|0eXAi|raWQi|lbmMi)/.test(text) ||
  /^eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{10}/.test(text)
